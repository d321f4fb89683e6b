"""Which way a run went: the state transitions a certificate counts."""

from __future__ import annotations

from shaketable.history import History
from shaketable.subject import Pattern


def transitions(pattern: Pattern, history: History) -> list[str]:
    """`state -> state` for each transition, as the pattern reads them, or from changes in `state` events."""
    if pattern.transitions is not None:
        return [f"{old} -> {new}" for old, new in pattern.transitions(history)]
    return _changes(history)


def _changes(history: History) -> list[str]:
    last: dict[tuple[str, str], str] = {}
    taken: list[str] = []
    for event in history.events:
        if event.kind != "state" or not isinstance(event.value, str):
            continue
        of = (event.process, event.name)
        old = last.get(of)
        if old is not None and old != event.value:
            taken.append(f"{old} -> {event.value}")
        last[of] = event.value
    return taken
