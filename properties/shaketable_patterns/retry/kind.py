"""The kind `retry`: all that the harness is told of retries, and `retry`, with which a team makes its own one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from shaketable.checkers.declared_pattern import declared_pattern
from shaketable.components.calls.odd_endings import ABORT, EXCLUDED_FALSY, FAIL_FALSY, FALSY_RESULTS, GROUP
from shaketable.components.interface.interface import ENDINGS, Argument, Ending, Interface, Method
from shaketable.components.kind import Kind
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Schedule, Step
from shaketable.subject import Pattern, Subject
from shaketable_patterns.retry.attempts import RetryFacts
from shaketable_patterns.retry.calibration import calibrate, script_steps
from shaketable_patterns.retry.clauses import RULES
from shaketable_patterns.retry.machine import machine_of
from shaketable_patterns.retry.profile import DeclaredKnobs, knobs_of
from shaketable_patterns.retry.promises import PROMISES
from shaketable_patterns.retry.recovery import FAR_MS, recovery_of


class SyncRetryAdapter(Protocol):
    """A retry that runs `fn` until it succeeds; `idempotent` says whether `fn` may be run again when its outcome is unknown."""

    def call(self, fn: Callable[[], object], idempotent: bool) -> object: ...


class AsyncRetryAdapter(Protocol):
    """A retry whose `call` is a coroutine function; otherwise as `SyncRetryAdapter`."""

    def call(self, fn: Callable[[], Awaitable[object]], idempotent: bool) -> Awaitable[object]: ...


RetryAdapter = SyncRetryAdapter | AsyncRetryAdapter

LOST = Ending("lost", "get no answer in time", TimeoutError, "{} got no answer")
"""An ending that tells nothing of whether something happened."""
INTERFACE = Interface(
    "retry",
    methods=(Method("call", (Argument("idempotent", bool),)),),
    endings=(*ENDINGS, LOST, *FALSY_RESULTS, FAIL_FALSY, EXCLUDED_FALSY, ABORT, GROUP),
)
"""`fail` is a ConnectionError: the request was refused, and nothing happened."""


def workload(subject: Subject) -> Schedule:
    """Return a schedule in which one call fails once and then succeeds."""
    knobs = knobs_of(subject.profile)
    wait_ms = knobs.bounds_ms(1, knobs.wait_ms)[1] + knobs.tolerance_ms + FAR_MS
    return Schedule(subject.name, script_steps("fail", 1, wait_ms))


def _pattern(profile: Profile) -> Pattern:
    knobs = knobs_of(profile)

    def read(history: History) -> RetryFacts:
        return RetryFacts(history, knobs)

    return declared_pattern(
        "retry",
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


retry: Kind[RetryAdapter] = Kind(INTERFACE, _pattern, _recovery)
"""Makes a subject of a retry, under the promises RT-1 to RT-6; `Knobs` are the knobs of its profile."""
