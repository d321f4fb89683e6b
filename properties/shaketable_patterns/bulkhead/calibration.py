"""Calibration: filled by one caller, a bulkhead must behave as its profile says before it is judged.

A difference that another setting of a knob explains is a wrong profile, and a judgement under it would accuse a
correct bulkhead. A difference that no setting explains is a defect: the promises will name it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import History
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.bulkhead.facts import facts_of
from shaketable_patterns.bulkhead.profile import FOR_EVER, NO_LIMIT, TOLERANCE_MS, Knobs, knobs_of

_MORE = 8
"""So many calls more than permits are started: a declaration that is too small shows what it should be."""
_LONG_MS = 60_000


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the sequential behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)
    filling = tuple(Do("start", {"call": number}) for number in range(1, knobs.permits + _MORE + 1))
    history = run(
        Schedule(subject.name, (*filling, Wait(max(0, knobs.max_wait_ms) + _LONG_MS), *_ends(len(filling))))
    )
    calls = [call for call in history.view(CallFacts).calls.values() if not call.is_recovery]
    problems = _compared(knobs, calls)
    if knobs.counts_observable and not facts_of(history).shown:
        problems.append(
            "it never shows its counts: give its adapter a method `state`, or declare counts_observable=false"
        )
    return problems


def _ends(count: int) -> tuple[Step, ...]:
    return tuple(Do("finish", {"call": number, "with": "ok"}) for number in range(1, count + 1))


def _compared(knobs: Knobs, calls: list[CallRecord]) -> list[str]:
    at_once = sum(bool(call.entered) and not call.blocked for call in calls)
    if at_once != knobs.permits:
        more = " or more" if at_once == len(calls) else ""
        return [f"{at_once}{more} calls run at once; it behaves as one with permits={at_once}"]
    waited = sum(bool(call.blocked) for call in calls)
    if NO_LIMIT != knobs.max_queued != waited:
        more = " or more" if at_once + waited == len(calls) else ""
        return [f"{waited}{more} calls wait; it behaves as one with max_queued={waited}"]
    if knobs.max_wait_ms == FOR_EVER:
        return _of_patient(calls)
    rejected = [call for call in calls if call.refused and call.completion is not None]
    if not rejected:
        return [
            f"it lets a call wait for {knobs.max_wait_ms + _LONG_MS} ms and more, and max_wait_ms={knobs.max_wait_ms}"
        ]
    waited_ms = [call.completion.time_ms - call.invoked.time_ms for call in rejected if call.completion]
    shortest_ms = min(waited_ms)
    if max(waited_ms) - shortest_ms <= TOLERANCE_MS and abs(shortest_ms - knobs.max_wait_ms) > TOLERANCE_MS:
        return [f"it rejects a call after {shortest_ms} ms; it behaves as one with max_wait_ms={shortest_ms}"]
    return []


def _of_patient(calls: list[CallRecord]) -> list[str]:
    """Look at the calls that wait as long as it takes."""
    given_up = [call for call in calls if call.refused and call.blocked and call.completion]
    waited_ms = [call.completion.time_ms - call.invoked.time_ms for call in given_up if call.completion]
    if not waited_ms:
        return []
    return [
        f"it rejects a call after {min(waited_ms)} ms; it behaves as one with max_wait_ms={min(waited_ms)}"
    ]
