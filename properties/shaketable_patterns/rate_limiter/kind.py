"""The kind `rate_limiter`: all that the harness is told of limiters, and `rate_limiter`, with which a team makes its own one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from shaketable.checkers.declared_pattern import declared_pattern
from shaketable.components.interface.interface import ENDINGS, Argument, Interface, Method
from shaketable.components.kind import Kind
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Schedule, Step
from shaketable.subject import Pattern, Subject
from shaketable_patterns.rate_limiter.calibration import calibrate, script_steps
from shaketable_patterns.rate_limiter.clauses import RULES
from shaketable_patterns.rate_limiter.machine import machine_of
from shaketable_patterns.rate_limiter.profile import DeclaredKnobs, knobs_of
from shaketable_patterns.rate_limiter.promises import PROMISES
from shaketable_patterns.rate_limiter.recovery import recovery_of
from shaketable_patterns.rate_limiter.takings import LimiterFacts


class SyncLimiterAdapter(Protocol):
    """A limiter as its workers use it, each named.

    `admit` returns something true if the call is admitted, something false if it is refused; it may wait before it does.
    `rejections` names the exceptions that mean "refused".
    """

    def admit(self, key: str, worker: str) -> object: ...


class AsyncLimiterAdapter(Protocol):
    """A limiter whose `admit` is a coroutine function; otherwise as `SyncLimiterAdapter`."""

    def admit(self, key: str, worker: str) -> Awaitable[object]: ...


LimiterAdapter = SyncLimiterAdapter | AsyncLimiterAdapter

INTERFACE = Interface(
    "rate_limiter",
    methods=(Method("admit", (Argument("key", str), Argument("worker", str)), runs=False),),
    endings=ENDINGS[:2],  # it runs no function; the rules of every machine draw these
)


def workload(subject: Subject) -> Schedule:
    """Return a schedule without failures: two workers and two keys, more calls than are admitted at once, and some later."""
    knobs = knobs_of(subject.profile)
    script = ("x", "a", 2), ("x", "b", 2), ("y", "a", 1), knobs.full_ms, ("x", "a", knobs.capacity + 1)
    return Schedule(subject.name, script_steps((*script, knobs.next_ms, ("x", "b", 1))))


def _pattern(profile: Profile) -> Pattern:
    knobs = knobs_of(profile)

    def read(history: History) -> LimiterFacts:
        return LimiterFacts(history, knobs)

    return declared_pattern(
        "rate-limiter",
        PROMISES,
        RULES,
        DeclaredKnobs(knobs),
        read,
        machine=machine_of,
        workload=workload,
        calibrate=calibrate,
    )


def _recovery(profile: Profile) -> tuple[Step, ...]:
    return recovery_of(knobs_of(profile))


rate_limiter: Kind[LimiterAdapter] = Kind(INTERFACE, _pattern, _recovery)
"""Makes a subject of a rate limiter, under the promises RL-1 to RL-6; `Knobs` are the knobs of its profile."""
