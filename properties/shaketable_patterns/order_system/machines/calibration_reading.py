"""What a calibration run of the order system came to: statuses of orders, publications and mails."""

from __future__ import annotations

from shaketable.history import History
from shaketable.mapping.happenings import happenings
from shaketable.mapping.viewing import Viewing
from shaketable.mapping.views import Views
from shaketable_patterns.order_system.effects import MAIL, ORDERS

_VIEWING = Viewing({(ORDERS.database, ORDERS.table): ORDERS.key})


def read(history: History) -> Views:
    """Read a run that calibration made."""
    return _VIEWING(history)


def status_of(views: Views, order: str) -> str:
    """Return the status that an order's row has at the end; "" without a row."""
    changes = [c for c in views.changes_of(ORDERS.database, ORDERS.table) if c.row.get("id") == order]
    return str(changes[-1].row.get("status", "")) if changes else ""


def times_published(views: Views, order: str, event_type: str) -> int:
    """Return how often an event about an order is on any topic."""
    bodies = (record.body for record in views.appends if isinstance(record.body, dict))
    return sum(body.get("type") == event_type and body.get("order") == order for body in bodies)


def mailed(views: Views) -> set[str]:
    """Return the ids of the events that were mailed."""
    return {mail.of for mail in happenings(MAIL, views)}


def unmailed(views: Views, events: int) -> list[str]:
    """Return a sentence for each of the first `events` announcements that was not mailed, though nothing failed."""
    sent = mailed(views)
    return [
        f"event e{n} should be mailed when nothing fails" for n in range(1, events + 1) if f"e{n}" not in sent
    ]
