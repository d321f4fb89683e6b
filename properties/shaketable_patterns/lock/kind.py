"""The kind `lock`: all that the harness is told of locks, and `lock`, with which a team makes its own one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from shaketable.checkers.declared_pattern import declared_pattern
from shaketable.components.interface.interface import ENDINGS, Argument, Interface, Method, Reading
from shaketable.components.kind import Kind
from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.schedule import Schedule, Step
from shaketable.subject import Pattern, Subject
from shaketable_patterns.lock.calibration import calibrate, script_steps
from shaketable_patterns.lock.clauses import RULES
from shaketable_patterns.lock.machine import FAR_MS, machine_of, methods_of
from shaketable_patterns.lock.profile import DeclaredKnobs, knobs_of
from shaketable_patterns.lock.promises import PROMISES
from shaketable_patterns.lock.recovery import recovery_of
from shaketable_patterns.lock.tenures import LockFacts


class SyncLockAdapter(Protocol):
    """A lock that several holders use, each named; `docs/patterns/lock.md` says what each method returns.

    Optional methods show what is outside: `store` the owner and the end of its lease, `written` the last writer. `rejections` names
    the exceptions that mean "not granted".
    """

    def acquire(self, holder: str) -> object: ...
    def release(self, holder: str) -> object: ...
    def extend(self, holder: str) -> object: ...
    def holds(self, holder: str) -> object: ...
    def write(self, holder: str) -> object: ...


class AsyncLockAdapter(Protocol):
    """A lock whose methods are coroutine functions; otherwise as `SyncLockAdapter`."""

    def acquire(self, holder: str) -> Awaitable[object]: ...
    def release(self, holder: str) -> Awaitable[object]: ...
    def extend(self, holder: str) -> Awaitable[object]: ...
    def holds(self, holder: str) -> Awaitable[object]: ...
    def write(self, holder: str) -> Awaitable[object]: ...


LockAdapter = SyncLockAdapter | AsyncLockAdapter


def _shows(who: str, number: str) -> Callable[[object], bool]:
    """Return what accepts a word and a whole number under these names."""
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == {who, number}
        and type(value[who]) is str
        and type(value[number]) is int
    )


def _owner_words(value: Json) -> str:
    return (
        f"has the owner {value['owner']} until {value['until_ms']} ms" if value["owner"] else "has no owner"
    )


def _writer_words(value: Json) -> str:
    return (
        f"guards write {value['writes']}, of {value['writer']}"
        if value["writes"]
        else "guards what was not written yet"
    )


_HOLDER = (Argument("holder", str),)
INTERFACE = Interface(
    "lock",
    methods=tuple(Method(name, _HOLDER, runs=False) for name in ("acquire", "release", "extend", "holds", "write")),
    endings=ENDINGS[:2],  # no method runs a function; the rules of every machine draw these
    readings=(Reading("store", "the owner, a word or an empty one, and until_ms, a whole number", _shows("owner", "until_ms"), _owner_words), Reading("written", "the writer, a word or an empty one, and how many writes there were, a whole number", _shows("writer", "writes"), _writer_words)),
)  # fmt: skip


def workload(subject: Subject) -> Schedule:
    """Return a schedule without failures: two holders, one after the other, each using all that the lock offers."""
    knobs = knobs_of(subject.profile)
    used = methods_of(knobs)
    script: list[tuple[str, str] | int] = []
    for holder in ("a", "b"):
        script += [(method, holder) for method in used if method != "release"]
        script += [knobs.lease_ms // 2, ("release", holder), knobs.at_least_ms + FAR_MS]
    return Schedule(subject.name, script_steps(script))


def _pattern(profile: Profile) -> Pattern:
    knobs = knobs_of(profile)

    def read(history: History) -> LockFacts:
        return LockFacts(history, knobs)

    return declared_pattern(
        "lock",
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


lock: Kind[LockAdapter] = Kind(INTERFACE, _pattern, _recovery)
"""Makes a subject of a distributed lock, under the promises LK-1 to LK-10; `Knobs` are the knobs of its profile."""
