"""Whom a fault is about."""

from __future__ import annotations

from shaketable.boundary import Boundary
from shaketable.history import Event


def parties_of(fault: Event) -> frozenset[str]:
    """Return the parties of a fault: of a message both, of a link both, else the one that it names or that lost its power."""
    said = fault.value if isinstance(fault.value, dict) else {}
    if "at" in said:
        return frozenset(Boundary.parse(str(said["at"])).route[:2])
    named = {str(said[word]) for word in ("service", "sender", "receiver") if said.get(word)}
    return frozenset(named or {fault.process})
