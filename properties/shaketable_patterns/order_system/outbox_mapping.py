"""The outboxes of the order system in the patterns' words: what owes an event, event rows, claims and records."""

from __future__ import annotations

import msgspec

from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Claim, Record, Rows
from shaketable_patterns.order_system.dead_letter_mapping import ALERTS, LETTERS, letters
from shaketable_patterns.order_system.effect_mapping import (
    CHARGE,
    ORDERS,
    PAYMENTS,
    RESERVATIONS,
    becomes,
    events_on,
)
from shaketable_patterns.outbox.roles import Outbox, Owes

_SAME = {
    f"col.payload:$.{field}": f"body.{field}" for field in ("type", "order", "item", "quantity", "amount")
}
_OWED = {
    "order": (
        Owes(becomes(ORDERS, "PENDING"), "OrderCreated"),
        Owes(becomes(ORDERS, "CONFIRMED"), "OrderConfirmed"),
        Owes(becomes(ORDERS, "CANCELLED"), "OrderCancelled"),
    ),
    "payment": (
        Owes(becomes(PAYMENTS, "CHARGED"), "PaymentCompleted"),
        Owes(becomes(PAYMENTS, "FAILED"), "PaymentFailed", unless_done=CHARGE),
        Owes(becomes(PAYMENTS, "REFUNDED"), "PaymentRefunded"),
    ),
    "inventory": (Owes(becomes(RESERVATIONS, "RESERVED"), "InventoryReserved"),),
    "notification": (),
}
TYPES = {
    "order": ("OrderCreated", "OrderConfirmed", "OrderCancelled"),
    "payment": ("PaymentCompleted", "PaymentFailed", "PaymentRefundPending", "PaymentRefunded"),
    "inventory": ("InventoryReserved", "InventoryFailed"),
    "notification": (),
}


def outboxes(*services: str, relay_lock: bool = False, direct: tuple[str, ...] = ()) -> tuple[Outbox, ...]:
    """Return the outboxes of these services.

    Events of the types `direct` are published without a row, straight to the broker.
    """
    found: list[Outbox] = []
    waits = letters(*services)
    lock = Claim("col.owner", Rows("order", "relay_lock", ("name",)), "col.until_ms") if relay_lock else None
    for service in services:
        kept = tuple(one for one in _OWED[service] if one.type not in direct)
        types = tuple(one for one in TYPES[service] if one not in direct)
        if types:
            found.append(_events(service, lock, kept, types, waits))
            found.append(about(service, lock, LETTERS, "letter", "body.event.event_id"))
            found.append(about(service, lock, ALERTS, "alert", "body.event_id"))
        straight = tuple(one for one in _OWED[service] if one.type in direct)
        if straight:
            found.append(_straight(service, straight, waits))
    return tuple(found)


def _events(
    service: str,
    lock: Claim | None,
    owes: tuple[Owes, ...],
    types: tuple[str, ...],
    waits: tuple[Letter, ...],
) -> Outbox:
    topic = f"{service}-events"
    return Outbox(
        name=service,
        owes=owes,
        events=Rows(service, "outbox", ("event_id",), {"col.topic": topic}),
        id="col.event_id",
        of="col.aggregate",
        type="col.type",
        topic="col.topic",
        sequence="col.id",
        payload="col.payload",
        same=_SAME,
        pending={"col.status": "PENDING"},
        sent={"col.status": "SENT"},
        dead={"col.status": "DEAD"},
        claim=Claim("col.owner"),
        lock=lock,
        record=events_on(topic, *types),
        waits=waits,
    )


def about(service: str, lock: Claim | None, topic: str, word: str, event: str) -> Outbox:
    """Return the outbox of letters or alerts: rows of the same table, that announce no change."""
    return Outbox(
        name=f"{service} {word}s",
        events=Rows(service, "outbox", ("event_id",), {"col.topic": topic}),
        id="col.event_id",
        of="col.aggregate",
        topic="col.topic",
        source=f"='{service}'",
        sequence="col.id",
        payload="col.payload",
        pending={"col.status": "PENDING"},
        sent={"col.status": "SENT"},
        dead={"col.status": "DEAD"},
        claim=Claim("col.owner"),
        lock=lock,
        record=Record(
            (topic,),
            of="body.order or body.event.order or key",
            id=f"{{{event}}}/{word} or header.event_id",
            source="body.service",
            where={"body.service": service},
        ),
    )


def _straight(service: str, owes: tuple[Owes, ...], waits: tuple[Letter, ...]) -> Outbox:
    record = events_on(f"{service}-events", *(one.type for one in owes))
    return Outbox(name=f"{service} without outbox", owes=owes, record=record, waits=waits)


def outbox_mapping(
    *, dual_write: bool = False, relay_lock: bool = True, log: bool = False, indexed: bool = False
) -> Mapping:
    """Return the mapping of the order service alone, with its relays, which share a lock or not, or without an outbox.

    With `indexed` a poll says by which index it reads. A `log` is read past the rows: their relay claims none, and only one that is given up is marked.
    """
    direct = TYPES["order"] if dual_write else ()
    found = outboxes("order", relay_lock=relay_lock and not dual_write, direct=direct)
    if log:
        found = tuple(msgspec.structs.replace(one, sent="log", claim=None) for one in found)
    return Mapping(tuple(msgspec.structs.replace(one, indexed=indexed) for one in found))
