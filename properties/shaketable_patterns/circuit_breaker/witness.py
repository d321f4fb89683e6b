"""The shortest list of events that shows a clash, and the sentence that tells it."""

from __future__ import annotations

from shaketable_patterns.circuit_breaker.facts import ADMIT, RESULT, Facts, Record
from shaketable_patterns.circuit_breaker.model import CLOSED, OPEN
from shaketable_patterns.circuit_breaker.replay import Clash


def witness_of(facts: Facts, clash: Clash, quirk_index: int) -> tuple[int, ...]:
    """What made the last lawful transition, what went wrong then, and the admission or rejection that shows it."""
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


def words_of(facts: Facts, clash: Clash) -> str:
    """Who was admitted or rejected, when, and what the breaker had to be by then."""
    record, model = clash.record, clash.model
    did = "was admitted" if record.kind == ADMIT else "was rejected"
    since = f" since {model.since_ms} ms" if model.era else ""
    state = model.state.replace("_", "-")
    told = f"call {record.call} {did} at {record.time_ms} ms, when it had to be {state}{since}"
    shown = facts.records[clash.diverged].arg.replace("_", "-") if clash.diverged >= 0 else ""
    return f"{told} (it says {shown})" if shown else told


def _suspect(facts: Facts, clash: Clash) -> Record | None:
    """The last result before the shown state went astray, or before the clash."""
    end = clash.diverged if clash.diverged >= 0 else clash.position
    wanted = clash.model.state in (OPEN, CLOSED)
    for record in reversed(facts.records[:end]):
        if record.at <= clash.model.turn:
            return None
        if wanted and record.kind == RESULT:
            return record
    return None


def _beginning(facts: Facts, index: int) -> set[int]:
    """When a result is shown, so is the admission of its call."""
    for call in facts.calls.values():
        if call.returned == index:
            return {call.admitted}
    return set()
