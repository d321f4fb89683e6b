"""The kind `breaker`: all that the harness is told of circuit breakers, and `breaker`, with which a team makes its own one."""

from __future__ import annotations

from dataclasses import replace

from shaketable.components.calls.odd_endings import ODD_ENDINGS
from shaketable.components.interface.adapter import AnyAdapter
from shaketable.components.interface.interface import ENDINGS, Callback, Interface, Reading, is_word
from shaketable.components.kind import Kind
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Pattern, Subject
from shaketable_patterns.circuit_breaker.calibration import calibrate
from shaketable_patterns.circuit_breaker.calibration_scripts import calls
from shaketable_patterns.circuit_breaker.checkers import CHECKERS
from shaketable_patterns.circuit_breaker.diagnosis.consequences import consequences
from shaketable_patterns.circuit_breaker.machine import machine_of, trip_count
from shaketable_patterns.circuit_breaker.profile import knobs_of
from shaketable_patterns.circuit_breaker.promises import CB_9, PROMISES
from shaketable_patterns.circuit_breaker.recovery import recovery_of

INTERFACE = Interface(
    "breaker",
    endings=(*ENDINGS, *ODD_ENDINGS),
    readings=(Reading("state", "a word", is_word),),  # closed, open, half_open or the library's own
    callbacks=(Callback("listener", "listen"),),  # of changes of state
)
"""An adapter has `call(fn)`, best with `rejections`, and may have `state()` and `listen(callback)`."""


def workload(subject: Subject) -> Schedule:
    """Return a schedule without faults: three calls, two of them in flight together, then once through every state."""
    knobs = knobs_of(subject.profile)
    together = (("start", 1), ("finish", 1), ("start", 2), ("start", 3), ("finish", 3), ("finish", 2))
    steps = tuple(Do(f, {"call": n} if f == "start" else {"call": n, "with": "ok"}) for f, n in together)
    opened = calls([("fail", trip_count(knobs)), ("ok", 1)], 4)
    over = Wait(knobs.wait_ms + knobs.wait_jitter_ms + 2)
    closed = calls([("ok", knobs.probes_to_close), ("ok", 1)], 4 + trip_count(knobs) + 1)
    return Schedule(subject.name, (*steps, *opened, over, *closed))


CIRCUIT_BREAKER = Pattern(
    name="circuit-breaker",
    promises=PROMISES,
    checkers=CHECKERS,
    machine=machine_of,
    workload=workload,
    calibrate=calibrate,
    consequences=consequences,
)

_WITHOUT_LISTENERS = replace(
    CIRCUIT_BREAKER,
    promises=tuple(p for p in PROMISES if p is not CB_9),
    checkers=tuple(c for c in CHECKERS if CB_9 not in c.promises),
)
"""For a breaker that takes no listeners: CB-9 cannot be tried, so it is not promised."""


def _pattern(profile: Profile) -> Pattern:
    return CIRCUIT_BREAKER if knobs_of(profile).listeners else _WITHOUT_LISTENERS


def _recovery(profile: Profile) -> tuple[Step, ...]:
    return recovery_of(knobs_of(profile))


breaker: Kind[AnyAdapter] = Kind(INTERFACE, _pattern, _recovery)
"""Makes a subject of a breaker, under the promises CB-0 to CB-10; `Knobs` are the knobs of its profile."""
