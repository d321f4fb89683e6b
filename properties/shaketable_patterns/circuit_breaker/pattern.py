"""The pattern, and `breaker`: the call with which a team puts its own breaker under it."""

from __future__ import annotations

from dataclasses import replace

from shaketable.components.adapter import AnyAdapter, Carrier, Make, TimeWay
from shaketable.components.component import component
from shaketable.profile import Knob, Profile
from shaketable.schedule import Do, Schedule
from shaketable.subject import Expectation, Pattern, Subject
from shaketable_patterns.circuit_breaker.calibration import calibrate
from shaketable_patterns.circuit_breaker.checkers import CHECKERS
from shaketable_patterns.circuit_breaker.diagnosis.contradiction import contradicts
from shaketable_patterns.circuit_breaker.machine import machine_of
from shaketable_patterns.circuit_breaker.profile import knobs_of
from shaketable_patterns.circuit_breaker.promises import CB_9, PROMISES
from shaketable_patterns.circuit_breaker.recovery import recovery_of


def workload(subject: Subject) -> Schedule:
    """Return a schedule without failures: three calls, two of them in flight together."""
    calls = (("start", 1), ("finish", 1), ("start", 2), ("start", 3), ("finish", 3), ("finish", 2))
    steps = tuple(Do(f, {"call": n} if f == "start" else {"call": n, "with": "ok"}) for f, n in calls)
    return Schedule(subject.name, steps)


CIRCUIT_BREAKER = Pattern(
    name="circuit-breaker",
    promises=PROMISES,
    checkers=CHECKERS,
    machine=machine_of,
    workload=workload,
    calibrate=calibrate,
    contradicts=contradicts,
)

_WITHOUT_LISTENERS = replace(
    CIRCUIT_BREAKER,
    promises=tuple(p for p in PROMISES if p is not CB_9),
    checkers=tuple(c for c in CHECKERS if CB_9 not in c.promises),
)
"""For a breaker that takes no listeners: CB-9 cannot be tried, so it is not promised."""


def breaker(
    name: str,
    make: Make[AnyAdapter],
    *,
    profile: dict[str, Knob] | Profile,
    sync: bool,
    time: TimeWay = "substituted",
    carrier: Carrier = "threads",
    expects: Expectation | None = None,
    summary: str = "",
    mutant_of: str = "",
    kills: tuple[str, ...] = (),
) -> Subject:
    """Return a circuit breaker as a subject.

    `make(clock)` builds it anew for each run and returns an object with `call(fn)` (a coroutine function unless
    `sync`), best with `rejections` (the exceptions that mean "refused"), and optionally `state()` and
    `listen(callback)`. The protected function raises ConnectionError for a failure and ValueError for an error
    that the breaker should exclude. `profile` declares every knob (see `Knobs`); `time` says how virtual time
    reaches the breaker, `carrier` what may carry the calls of a sync one. UsageError if the profile is incomplete
    or contradicts itself.
    """
    declared = profile if isinstance(profile, Profile) else Profile(name, profile)
    knobs = knobs_of(declared)
    return Subject(
        name=name,
        pattern=CIRCUIT_BREAKER if knobs.listeners else _WITHOUT_LISTENERS,
        profile=declared,
        target=component(make, sync=sync, time=time, recovery=recovery_of(knobs), carrier=carrier),
        expects=expects if expects is not None else Expectation(),
        summary=summary,
        mutant_of=mutant_of,
        kills=kills,
    )
