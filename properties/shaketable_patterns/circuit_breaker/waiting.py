"""CB-10: closed adds no mutual exclusion; open rejects at once."""

from __future__ import annotations

from shaketable.history import History
from shaketable.verdict import Finding, Level
from shaketable_patterns.circuit_breaker.diagnosis.diagnosis import Diagnosis
from shaketable_patterns.circuit_breaker.facts import PROBE_FIRST, Facts, Record, facts_of
from shaketable_patterns.circuit_breaker.states import CLOSED, HALF_OPEN, OPEN, StateName
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_10

_ANOMALIES: dict[StateName, tuple[str, str]] = {
    CLOSED: ("blocked-by-another-call", "closed, it let a call wait"),
    OPEN: ("open-did-not-reject-at-once", "open, it let a call wait instead of rejecting it"),
    HALF_OPEN: ("half-open-blocked", "half-open, it let a call wait instead of rejecting it"),
}


def waiting(history: History, diagnosis: Diagnosis, knobs: Knobs) -> tuple[Finding, ...]:
    """Return a finding for each state in which a call waited inside the breaker and should not have."""
    facts = facts_of(history)
    found: dict[StateName, Finding] = {}
    for record, state in diagnosis.run.blocked:
        if record.call >= PROBE_FIRST:
            break  # what the recovery shows is CB-8's; a story should be told by its own steps
        if state not in found and not (state == HALF_OPEN and knobs.excess == "wait"):
            found[state] = _finding(facts, record, state, knobs)
    return tuple(found.values())


def _finding(facts: Facts, record: Record, state: StateName, knobs: Knobs) -> Finding:
    anomaly, words = _ANOMALIES[state]
    inside = [
        c for c in facts.calls.values() if 0 <= c.admitted < record.at and not 0 <= c.returned < record.at
    ]
    others = " and ".join(f"call {call.number}" for call in inside if call.number != record.call)
    told = f"{words}: call {record.call} waits" + (f" while {others} is in flight" if others else "")
    off_profile = "excess=wait" if state == HALF_OPEN else ""
    level: Level = "OFF-PROFILE" if off_profile else "VIOLATION"
    if anomaly in knobs.documented.split():
        level = "LIMIT"
    events = sorted({*(call.admitted for call in inside), record.at})
    return Finding(CB_10.id, anomaly, told, tuple(events), level, off_profile)
