"""CB-10: closed adds no mutual exclusion; open rejects at once.

A call that waits inside a breaker proves nothing by itself: its state may be a round trip away. Another call blocked it if
it went on when the function of that call had ended, in the same instant, or never.
"""

from __future__ import annotations

from shaketable.history import History
from shaketable.verdict import Finding, Level
from shaketable_patterns.circuit_breaker.diagnosis.diagnosis import Diagnosis
from shaketable_patterns.circuit_breaker.facts import (
    PROBE_FIRST,
    Call,
    Facts,
    Record,
    facts_of,
)
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_10
from shaketable_patterns.circuit_breaker.states import CLOSED, HALF_OPEN, OPEN, StateName

_ANOMALIES: dict[StateName, tuple[str, str]] = {
    CLOSED: ("blocked-by-another-call", "closed, it let a call wait"),
    OPEN: ("open-did-not-reject-at-once", "open, it let a call wait instead of rejecting it"),
    HALF_OPEN: ("half-open-blocked", "half-open, it let a call wait instead of rejecting it"),
}


AT_ONCE_MS = 1_000
"""An open breaker that answers only after this has not rejected at once; a round trip to a store takes less."""


def waiting(history: History, diagnosis: Diagnosis, knobs: Knobs) -> tuple[Finding, ...]:
    """Return a finding for each state in which a call waited inside the breaker and should not have."""
    facts = facts_of(history)
    found: dict[StateName, Finding] = {}
    for record, state in diagnosis.run.blocked:
        if record.call >= PROBE_FIRST:
            break  # what the recovery shows is CB-8's; a story should be told by its own steps
        if state in found or (state == HALF_OPEN and knobs.excess == "wait"):
            continue
        if _was_blocked(history, facts, record, state):
            found[state] = _finding(facts, record, state, knobs)
    return tuple(found.values())


def _was_blocked(history: History, facts: Facts, record: Record, state: StateName) -> bool:
    """Tell whether it waited for another call, or, while open, for longer than a round trip."""
    call = facts.calls[record.call]
    went_on = min((i for i in (call.admitted, call.returned, _end_of(call)) if i > record.at), default=-1)
    others = _inside(facts, record)
    ended = went_on if went_on >= 0 else len(history)
    if any(begun < ended and gone_on > record.at for begun, gone_on in facts.stops.values()):
        return False  # it may wait for a lock of a thread that the harness stopped in the middle
    if went_on < 0 or _gave_up(call):
        return state == OPEN or bool(others)
    if went_on == _end_of(call) and history[went_on].kind == "info":
        return False  # it was cancelled where it waited
    now_ms = history[went_on].time_ms
    if state == OPEN and now_ms - record.time_ms > AT_ONCE_MS:
        return True
    return any(
        record.at < other.returned < went_on and history[other.returned].time_ms == now_ms for other in others
    )


def _end_of(call: Call) -> int:
    return -1 if call.completion is None else call.completion.index


def _gave_up(call: Call) -> bool:
    done = call.completion
    return done is not None and done.kind == "info" and bool((done.value or {}).get("blocked"))


def _inside(facts: Facts, record: Record) -> list[Call]:
    """Return the other calls that were in their functions then."""
    return [
        c
        for c in facts.calls.values()
        if c.number != record.call and 0 <= c.admitted < record.at and not 0 <= c.returned < record.at
    ]


def _finding(facts: Facts, record: Record, state: StateName, knobs: Knobs) -> Finding:
    anomaly, words = _ANOMALIES[state]
    inside = _inside(facts, record)
    others = " and ".join(f"call {call.number}" for call in inside)
    told = f"{words}: call {record.call} waits" + (f" while {others} is in flight" if others else "")
    off_profile = "excess=wait" if state == HALF_OPEN else ""
    level: Level = "OFF-PROFILE" if off_profile else "VIOLATION"
    if anomaly in knobs.documents:
        level = "LIMIT"
    events = sorted({*(call.admitted for call in inside), record.at})
    return Finding(CB_10.id, anomaly, told, tuple(events), level, off_profile)
