"""Calibration: called by hardly more than one caller at a time, a breaker must behave as its profile says before it is judged.

A difference that another setting explains in every script is a wrong profile, and a judgement under it would accuse a
correct breaker: the setting is named. A difference that no setting explains is a defect: the promises will name it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from shaketable.history import History
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable_patterns.circuit_breaker.calibration_scripts import scripts
from shaketable_patterns.circuit_breaker.diagnosis.clash import sentence_of
from shaketable_patterns.circuit_breaker.facts import STATE, Call, Facts, facts_of
from shaketable_patterns.circuit_breaker.other_settings import Setting, other_settings
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.replay import Replay, replay


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)
    histories = {name: run(Schedule(subject.name, steps)) for name, steps in scripts(knobs)}
    facts = {name: facts_of(history) for name, history in histories.items()}
    answers, problems = _answers(list(histories.values()), knobs)
    answering = msgspec.structs.replace(knobs, **answers)
    replays = {name: replay(one, answering) for name, one in facts.items()}
    clashing = next((name for name, one in replays.items() if one.clash is not None), "")
    if clashing:
        problems += _wrong_setting(clashing, facts, replays, answering, _behaves(subject, run))
    shown = any(record.kind == STATE for one in facts.values() for record in one.records)
    if knobs.states_observable and not shown:
        problems.append(
            "it never shows a state: give its adapter a method `state`, or declare states_observable=false"
        )
    return problems


def _behaves(subject: Subject, run: Callable[[Schedule], History]) -> Callable[[Knobs], bool]:
    """Return what tells whether the subject passes the calibration of other knobs than its own.

    A setting must do more than explain what was seen: a breaker that never closes is none that waits ten times as long.
    """

    def behaves(knobs: Knobs) -> bool:
        return all(
            replay(facts_of(run(Schedule(subject.name, steps))), knobs).clash is None
            for _, steps in scripts(knobs)
        )

    return behaves


def _wrong_setting(
    name: str,
    facts: dict[str, Facts],
    replays: dict[str, Replay],
    knobs: Knobs,
    behaves: Callable[[Knobs], bool],
) -> list[str]:
    clash = replays[name].clash
    assert clash is not None
    # The script that clashes is tried first: nearly every setting fails there.
    ordered = [facts[name], *(one for other, one in facts.items() if other != name)]
    for setting in other_settings(knobs):
        other = msgspec.structs.replace(knobs, **setting)
        if all(replay(one, other).clash is None for one in ordered) and behaves(other):
            return [f"{name}: {sentence_of(facts[name], clash)}; it behaves as one with {_told(setting)}"]
    return []


def _told(setting: Setting) -> str:
    return ", ".join(f"{knob}={value}" for knob, value in setting.items())


def _answers(histories: Sequence[History], knobs: Knobs) -> tuple[Setting, list[str]]:
    """Return the settings that the answers to callers show, and those that are not declared in words."""
    setting: Setting = {}
    calls = [(call, h) for h in histories for call in facts_of(h).calls.values() if call.completion]
    refused = [_kind(c) for c, _ in calls if c.admitted < 0]
    if refused and set(refused) == {"ok"}:
        setting["refusals"] = "answer"
    failed = [c for c, _ in calls if c.outcome == "fail"]
    refusals = {_error(c) for c, _ in calls if c.admitted < 0 and _kind(c) == "fail"}
    if failed and all(_is_wrapped(c) and _error(c) not in refusals for c in failed):
        setting["errors"] = "wrapped"
    elif failed and all(_kind(c) == "ok" and c.again < 0 for c in failed):
        setting["errors"] = "answered"
    elif odd := [c for c in failed if _is_wrapped(c)]:
        opened = [c for c, h in calls if c.outcome == "fail" and facts_of(h).may_have_opened(c)]
        if all(any(c is one for one in opened) and _error(c) not in refusals for c in odd):
            setting["errors"] = "wrapped_on_trip"
    given_up = {
        h[c.returned].time_ms - h[c.admitted].time_ms
        for c, h in calls
        if c.outcome == "cancelled" and _kind(c) == "fail"
    }
    if len(given_up) == 1 and (took_ms := given_up.pop()) > 0:
        setting["call_timeout_ms"] = took_ms
    setting = {knob: value for knob, value in setting.items() if getattr(knobs, knob) != value}
    told = {
        "refusals": "a call that it turned away was answered with a value",
        "errors": "a failure that opened it reached its caller as something else"
        if setting.get("errors") == "wrapped_on_trip"
        else "every failure reached its caller as something else",
        "call_timeout_ms": "it gave up a call that was still in its function",
    }
    return setting, [
        f"{told[knob]}; it behaves as one with {knob}={value}" for knob, value in setting.items()
    ]


def _kind(call: Call) -> str:
    return "" if call.completion is None else call.completion.kind


def _error(call: Call) -> str:
    value = call.completion.value if call.completion is not None else None
    return str((value or {}).get("error", ""))


def _is_wrapped(call: Call) -> bool:
    value = call.completion.value if call.completion is not None else None
    return _kind(call) == "fail" and bool((value or {}).get("instead_of"))
