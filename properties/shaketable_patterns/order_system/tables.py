"""The tables of each logical database (the shapes are explained in `shaketable_targets.order_system`)."""

from __future__ import annotations

from dataclasses import replace

from shaketable.commits.slot import Slot
from shaketable.ports import Row
from shaketable.subject import DatabaseSpec, Table, Topic

OUTBOX = Table("outbox", ("id",), serial="id", unique=(("event_id",),))
INBOX = Table("inbox", ("event_id",))
DEAD_LETTERS = Table("dead_letters", ("event_id",))
RELAY_LOCK = Table("relay_lock", ("name",), rows=({"name": "outbox-relay", "owner": "", "until_ms": 0},))

STOCK: tuple[Row, ...] = (
    {"item": "apple", "available": 10, "reserved": 0},
    {"item": "pear", "available": 2, "reserved": 0},
)
"""Apples for all orders, pears for few: some orders of pears end in InventoryFailed."""

ORDER = DatabaseSpec(
    "order",
    (
        Table("orders", ("id",)),
        Table("idempotency", ("key",)),
        OUTBOX,
        INBOX,
        DEAD_LETTERS,
        RELAY_LOCK,
    ),
)


def polled_order(*indexes: tuple[str, ...]) -> DatabaseSpec:
    """Return the database of orders whose outbox says by which of these indexes it is polled."""
    polled = replace(OUTBOX, indexes=indexes)
    return replace(ORDER, tables=tuple(polled if one is OUTBOX else one for one in ORDER.tables))


LOGGED_ORDER = replace(ORDER, slots=(Slot("order_outbox", ("outbox",)),))
PAYMENT = DatabaseSpec("payment", (Table("payments", ("order",)), OUTBOX, INBOX, DEAD_LETTERS))
INVENTORY = DatabaseSpec(
    "inventory",
    (
        Table("stock", ("item",), not_negative=("available", "reserved"), rows=STOCK),
        Table("reservations", ("order",)),
        OUTBOX,
        INBOX,
        DEAD_LETTERS,
    ),
)
ORCHESTRATED_INVENTORY = DatabaseSpec("inventory", (*INVENTORY.tables, Table("couriers", ("order",))))
ORCHESTRATOR = DatabaseSpec("orchestrator", (Table("sagas", ("id",)), OUTBOX, INBOX, DEAD_LETTERS))
NOTIFICATION = DatabaseSpec("notification", (Table("processed", ("event_id",)), OUTBOX, DEAD_LETTERS))

TOPICS = (
    Topic("order-events"),
    Topic("payment-events"),
    Topic("inventory-events"),
    Topic("dead-letters"),
    Topic("alerts"),
)
SPLIT_TOPICS = tuple(Topic(topic.name, 2) for topic in TOPICS)
SHARED_TOPICS = (Topic("order-events", 2), *TOPICS[1:])
"""Two partitions where two members of a group share the work."""
COMMAND_TOPICS = tuple(
    Topic(name) for name in ("payment-commands", "inventory-commands", "order-commands", "saga-replies")
)
