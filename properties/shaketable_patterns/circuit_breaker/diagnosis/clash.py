"""A clash told: its sentence, its witness, and its name where no hypothesis explains it.

The name follows from the model's state, and from the first state that the breaker showed against the model.
"""

from __future__ import annotations

from shaketable.verdict import Promise
from shaketable_patterns.circuit_breaker.facts import ADMIT, REJECT, RESULT, STATE, Facts, Record
from shaketable_patterns.circuit_breaker.promises import CB_1, CB_2, CB_3, CB_4, CB_8
from shaketable_patterns.circuit_breaker.replay import Clash
from shaketable_patterns.circuit_breaker.states import CLOSED, HALF_OPEN, OPEN

Symptom = tuple[Promise, str, str]


def symptom_of(facts: Facts, clash: Clash) -> Symptom:
    """Return the promise, the anomaly and the sentence for a clash that nothing explains."""
    if clash.record.kind == ADMIT:
        return _admitted(facts, clash)
    return _rejected(facts, clash)


def did_not_open(facts: Facts, clash: Clash) -> bool:
    """Tell whether it admitted a call when the model had opened, and never was open itself."""
    return clash.record.kind == ADMIT and clash.model.state == OPEN and not _seen_open(facts, clash)


def _admitted(facts: Facts, clash: Clash) -> Symptom:
    if clash.model.state == HALF_OPEN:
        if _shown(facts, clash) == CLOSED:
            return CB_2, "closed-too-early", "it closed before its half-open era had the results it needs"
        return CB_3, "half-open-overadmission", "half-open admitted more calls than permitted"
    if not _seen_open(facts, clash):
        if clash.model.eras[-1].state == HALF_OPEN:
            return CB_1, "did-not-reopen", "its probes failed and it did not open again"
        return CB_1, "did-not-trip", "its trip condition held and it still admitted calls"
    if _shown(facts, clash) == CLOSED:
        return CB_2, "closed-from-stale-success", "it went from open to closed"
    return CB_4, "admitted-before-wait", "it admitted a call before its wait was over"


def _rejected(facts: Facts, clash: Clash) -> Symptom:
    state, eras = clash.model.state, clash.model.eras
    if state == OPEN:
        return CB_8, "probe-refused", "its wait was over and it still rejected"
    if state == HALF_OPEN:
        if _shown(facts, clash) == OPEN:
            return CB_1, "reopened-early", "it opened again before its half-open era had the results it needs"
        return CB_8, "probe-refused", "half-open rejected a call although it had permits left"
    closing = bool(eras) and eras[-1].state == HALF_OPEN
    at_once = clash.diverged < 0 or not _results_between(facts, clash.model.turn, clash.diverged)
    if closing and at_once and "x" not in clash.model.outcomes:
        return CB_8, "did-not-close", "its probes succeeded and it still rejected"
    return CB_1, "tripped-early", "it rejected although its trip condition did not hold"


def _shown(facts: Facts, clash: Clash) -> str:
    """Return the state that it showed where it first disagreed with the model, or ""."""
    return facts.records[clash.diverged].arg if clash.diverged >= 0 else ""


def _since_turn(facts: Facts, clash: Clash) -> list[Record]:
    return [r for r in facts.records[: clash.position] if r.at > clash.model.turn]


def _seen_open(facts: Facts, clash: Clash) -> bool:
    """Tell whether it had been open since the model opened: it rejected a call or showed that state."""
    return any(r.kind == REJECT or (r.kind == STATE and r.arg == OPEN) for r in _since_turn(facts, clash))


def _results_between(facts: Facts, turn: int, position: int) -> bool:
    return any(r.kind == RESULT and r.at > turn for r in facts.records[:position])


def witness_of(facts: Facts, clash: Clash, quirk_index: int) -> tuple[int, ...]:
    """Return what made the model's last transition, what went wrong then, and the call that shows it."""
    indices = {clash.record.at}
    for index in (clash.model.turn, quirk_index):
        if index >= 0:
            indices.add(index)
            indices |= _beginning(facts, index)
    if quirk_index < 0:
        suspect = _suspect(facts, clash)
        if suspect is not None:
            indices.add(suspect.at)
            indices |= _beginning(facts, suspect.at)
    return tuple(sorted(indices))


def sentence_of(facts: Facts, clash: Clash) -> str:
    """Tell which call was admitted or rejected, when, and in which state the breaker had to be by then."""
    record, model = clash.record, clash.model
    did = "was admitted" if record.kind == ADMIT else "was rejected"
    since = f" since {model.since_ms} ms" if model.era else ""
    state = model.state.replace("_", "-")
    told = f"call {record.call} {did} at {record.time_ms} ms, when it had to be {state}{since}"
    shown = _shown(facts, clash).replace("_", "-")
    return f"{told} (it says {shown})" if shown else told


def _suspect(facts: Facts, clash: Clash) -> Record | None:
    """Return the last result before the shown state disagreed with the model, or before the clash."""
    end = clash.diverged if clash.diverged >= 0 else clash.position
    wanted = clash.model.state in (OPEN, CLOSED)
    for record in reversed(facts.records[:end]):
        if record.at <= clash.model.turn:
            return None
        if wanted and record.kind == RESULT:
            return record
    return None


def _beginning(facts: Facts, index: int) -> set[int]:
    """Return the admission of the call that ended at `index`, to be shown with its result."""
    for call in facts.calls.values():
        if call.returned == index:
            return {call.admitted}
    return set()
