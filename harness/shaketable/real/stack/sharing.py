"""Which roles of a run would have had to share the partitions of a topic."""

from __future__ import annotations

from shaketable.history import History
from shaketable.subject import System


def sharers(system: System, history: History) -> tuple[str, ...]:
    """The roles with several replicas that were delivered records, in the order of the system."""
    readers = {event.process for event in history.events if event.name == "deliver"}
    roles = [part.role for part in system.parts]
    return tuple(
        role
        for role in dict.fromkeys(roles)
        if roles.count(role) > 1 and any(p.role == role and p.name in readers for p in system.parts)
    )
