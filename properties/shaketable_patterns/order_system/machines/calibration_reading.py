"""What a calibration run of the order system came to: statuses of orders, publications and mails."""

from __future__ import annotations

from shaketable.history import History
from shaketable.mapping.happenings import happenings
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable_patterns.order_system.effect_mapping import MAIL, ORDERS

_INDEXING = Indexing({(ORDERS.database, ORDERS.table): ORDERS.key})


def read(history: History) -> HistoryIndex:
    """Read a run that calibration made."""
    return _INDEXING(history)


def status_of(index: HistoryIndex, order: str) -> str:
    """Return the status that an order's row has at the end; "" without a row."""
    changes = [c for c in index.changes_of(ORDERS.database, ORDERS.table) if c.row.get("id") == order]
    return str(changes[-1].row.get("status", "")) if changes else ""


def times_published(index: HistoryIndex, order: str, event_type: str) -> int:
    """Return how often an event about an order is on any topic."""
    bodies = (record.body for record in index.appends if isinstance(record.body, dict))
    return sum(body.get("type") == event_type and body.get("order") == order for body in bodies)


def mailed(index: HistoryIndex) -> set[str]:
    """Return the ids of the events that were mailed."""
    return {mail.of for mail in happenings(MAIL, index)}


def unmailed(index: HistoryIndex, events: int) -> list[str]:
    """Return a sentence for each of the first `events` announcements that was not mailed, though nothing failed."""
    sent = mailed(index)
    return [
        f"event e{n} should be mailed when nothing fails" for n in range(1, events + 1) if f"e{n}" not in sent
    ]
