"""Calibration: called by one caller at a time, a breaker must behave as its profile says before it is judged.

A difference that another setting of a knob explains is a wrong profile, and a judgement under it would accuse a
correct breaker. A difference that no setting explains is a defect: the promises will name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from shaketable.history import History
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.circuit_breaker.diagnosis.clash import sentence_of
from shaketable_patterns.circuit_breaker.facts import STATE, Facts, facts_of
from shaketable_patterns.circuit_breaker.machine import trip_count
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.replay import Replay, replay

_COUNT_MAX = 20
_FACTORS = (2, 3, 6, 10, 60, 1_000)


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the sequential behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)
    problems: list[str] = []
    shown = False
    for name, steps in _scripts(knobs):
        facts = facts_of(run(Schedule(subject.name, steps)))
        shown = shown or any(record.kind == STATE for record in facts.records)
        found = replay(facts, knobs)
        if found.clash is None:
            continue
        setting = _explained(facts, knobs, found)
        if setting:
            problems.append(f"{name}: {sentence_of(facts, found.clash)}; it behaves as one with {setting}")
    if knobs.states_observable and not shown:
        problems.append(
            "it never shows a state: give its adapter a method `state`, or declare states_observable=false"
        )
    return problems


def _scripts(knobs: Knobs) -> Iterator[tuple[str, tuple[Step, ...]]]:
    trip, close, wait = trip_count(knobs), knobs.probes_to_close, Wait(knobs.wait_ms + 2)
    opened = [("fail", trip)]
    yield "successes keep it closed", _calls([("ok", trip + 2)])
    yield "failures open it", _calls([*opened, ("ok", 1)])
    yield "it stays open for its wait", (*_calls(opened), Wait(knobs.wait_ms - 2), *_calls([("ok", 1)], 100))
    yield (
        "it closes after its wait",
        (*_calls(opened), wait, *_calls([("ok", close), ("fail", 1), ("ok", 1)], 100)),
    )
    yield (
        "a failing probe opens it again",
        (*_calls(opened), wait, *_calls([("fail", close), ("ok", 1)], 100)),
    )


def _calls(parts: Sequence[tuple[str, int]], first: int = 1) -> tuple[Step, ...]:
    steps: list[Step] = []
    for how, count in parts:
        for _ in range(count):
            steps += [Do("start", {"call": first}), Do("finish", {"call": first, "with": how})]
            first += 1
    return tuple(steps)


def _explained(facts: Facts, knobs: Knobs, found: Replay) -> str:
    """Return the setting under which the whole history fits the model, or ""."""
    for setting in _settings(knobs):
        tried = replay(facts, msgspec.structs.replace(knobs, **setting))
        if tried.clash is None and tried.reached > found.reached:
            return ", ".join(f"{knob}={value}" for knob, value in setting.items())
    return ""


def _settings(knobs: Knobs) -> Iterator[dict[str, str | int]]:
    yield {"compare": ">" if knobs.compare == ">=" else ">="}
    for count in range(1, _COUNT_MAX + 1):
        if knobs.trip_rule != "rate":
            yield {"failure_threshold": count}
        yield {"minimum_calls": count}
        yield {"close_on": "successes", "close_successes": count}
        yield {"half_open_permits": count}
    if knobs.trip_rule != "rate":
        yield {"trip_rule": "consecutive"}
        yield {"trip_rule": "total"}
    for factor in _FACTORS:
        yield {"wait_ms": knobs.wait_ms * factor}
        yield {"wait_ms": max(1, knobs.wait_ms // factor)}
