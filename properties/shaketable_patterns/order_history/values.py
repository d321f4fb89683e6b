"""The values of the order history: orders of two users, and events that nothing can read."""

from __future__ import annotations

from shaketable.history import Json
from shaketable_patterns.order_history.system import USERS

ORDERS_MAX = 4
DAYS_AGO = (0, 0, 1, 3, 9, 20)
"""Within the last 7 days and before them; an order of the seventh day may be taken either way, so there is none."""
AMOUNTS = (5, 7, 10, 30)


def order_value(number: int, pick: int) -> dict[str, Json]:
    """Return the `number`-th order (from 1)."""
    pick, user = divmod(pick, len(USERS))
    pick, days = divmod(pick, len(DAYS_AGO))
    return {
        "order": f"o{number}",
        "user_id": USERS[user],
        "amount": AMOUNTS[pick % len(AMOUNTS)],
        "days_ago": DAYS_AGO[days],
    }


def poison(number: int) -> dict[str, Json]:
    """Return the `number`-th event that nothing can read."""
    return {"event_id": f"p{number}", "type": "OrderPlaced", "order": f"x{number}", "amount": "seven"}
