"""The kind `idempotency_store`: all that the harness is told of stores, and with which a team makes its own one a subject."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from shaketable.checkers.declared_pattern import declared_pattern
from shaketable.components.calls.odd_endings import FALSY_RESULTS
from shaketable.components.interface.interface import ENDINGS, Argument, Interface, Method
from shaketable.components.kind import Kind
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step
from shaketable.subject import Pattern, Subject
from shaketable_patterns.idempotency_store.calibration import calibrate
from shaketable_patterns.idempotency_store.clauses import RULES
from shaketable_patterns.idempotency_store.machine import machine_of
from shaketable_patterns.idempotency_store.profile import DeclaredKnobs, knobs_of
from shaketable_patterns.idempotency_store.promises import PROMISES
from shaketable_patterns.idempotency_store.recovery import KEYS, PAYLOADS, WORKERS, recovery_of, started
from shaketable_patterns.idempotency_store.uses import Uses


class SyncIdempotencyAdapter(Protocol):
    """Work that two workers, `a` and `b`, do once for each key; `docs/patterns/idempotency-store.md` says what it returns."""

    def call(self, fn: Callable[[], object], worker: str, key: str, payload: str) -> object:
        """Execute `fn` if the key is new, and return its result; or return the stored one, or raise."""
        ...


class AsyncIdempotencyAdapter(Protocol):
    """As `SyncIdempotencyAdapter`, for asyncio."""

    def call(
        self, fn: Callable[[], Awaitable[object]], worker: str, key: str, payload: str
    ) -> Awaitable[object]:
        """Execute `fn` if the key is new, and return its result; or return the stored one, or raise."""
        ...


IdempotencyAdapter = SyncIdempotencyAdapter | AsyncIdempotencyAdapter
_ARGUMENTS = (Argument("worker", str), Argument("key", str), Argument("payload", str))
INTERFACE = Interface(
    "idempotency_store", methods=(Method("call", _ARGUMENTS),), endings=(*ENDINGS[:2], *FALSY_RESULTS)
)


def workload(subject: Subject) -> Schedule:
    """Return a schedule without failures: each key is done by one worker, asked for by the other, and one fails."""
    steps: list[Step] = []
    ends = ("ok", "fail")
    for number, key in enumerate(KEYS, 1):
        steps += (
            started(2 * number - 1, WORKERS[0], key, PAYLOADS[0]),
            Do("finish", {"call": 2 * number - 1, "with": ends[number - 1]}),
        )
        steps += (
            started(2 * number, WORKERS[1], key, PAYLOADS[0]),
            Do("finish", {"call": 2 * number, "with": "ok"}),
        )
    return Schedule(subject.name, tuple(steps))


def _pattern(profile: Profile) -> Pattern:
    knobs = knobs_of(profile)

    def read(history: History) -> Uses:
        return Uses(history, knobs)

    return declared_pattern(
        "idempotency-store",
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


idempotency_store: Kind[IdempotencyAdapter] = Kind(INTERFACE, _pattern, _recovery)
"""Makes a subject of an idempotency store, under the promises IS-1 to IS-5; `Knobs` are the knobs of its profile."""
