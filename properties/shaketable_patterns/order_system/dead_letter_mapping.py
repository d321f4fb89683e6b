"""The dead letters of the order system and their alerts, in the patterns' words."""

from __future__ import annotations

from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.roles import Becomes, Record, Rows

LETTERS, ALERTS = "dead-letters", "alerts"
_ALERT = Record((ALERTS,), of="body.event_id", id="body.event_id", type="body.type")


def letters(*services: str) -> tuple[Letter, ...]:
    """Return the dead letters of these services: rows of their tables, and records where a service keeps no table."""
    rows = tuple(
        Letter(
            Becomes(Rows(service, "dead_letters", ("event_id",)), of="col.aggregate"),
            about="col.event_id",
            consumer=f"='{service}'",
            cause="col.cause",
            closed={"col.status": "REDRIVEN"},
            waiting={"col.status": "OPEN"},
            alert=_ALERT,
        )
        for service in services
    )
    topic = Letter(
        Record((LETTERS,), of="body.event.order or key", id="body.event.event_id", type="body.type"),
        about="body.event.event_id",
        consumer="body.service",
        cause="body.cause or header.cause",
        alert=_ALERT,
    )
    return (*rows, topic)
