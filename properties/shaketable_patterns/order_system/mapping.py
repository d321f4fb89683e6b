"""Who plays which role in the order system: its tables, topics and third parties in the patterns' words."""

from __future__ import annotations

from shaketable.mapping.letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Call, Claim, Record, Rows
from shaketable_patterns.outbox.roles import Outbox, Owes

_LETTERS, _ALERTS = "dead-letters", "alerts"
_EVENT_ID = "body.event_id or header.event_id"
_SAME = {
    f"col.payload:$.{field}": f"body.{field}" for field in ("type", "order", "item", "quantity", "amount")
}

CHARGE = Call("provider", "charge", of="field.order", amount="field.amount")
REFUND = Call("provider", "refund", of="field.order", amount="field.amount")
MAIL = Call("mailer", "mail", of="field.event")
ORDERS = Rows("order", "orders", ("id",))
PAYMENTS = Rows("payment", "payments", ("order",))
RESERVATIONS = Rows("inventory", "reservations", ("order",))
ALERT = Record((_ALERTS,), of="body.event_id")


def becomes(rows: Rows, status: str) -> Becomes:
    """The change by which a row of this table gets this status."""
    return Becomes(rows, of=f"col.{rows.key[0]}", on="enters", where={"col.status": status})


OWED = {
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
    "payment": ("PaymentCompleted", "PaymentFailed", "PaymentRefunded"),
    "inventory": ("InventoryReserved", "InventoryFailed"),
    "notification": (),
}


def letters(*services: str) -> tuple[Letter, ...]:
    """The dead letters of these services: rows of their tables, and records where a service keeps no table."""
    rows = tuple(
        Letter(
            Becomes(Rows(service, "dead_letters", ("event_id",)), of="col.aggregate"),
            about="col.event_id",
            consumer=f"='{service}'",
            cause="col.cause",
            closed={"col.status": "REDRIVEN"},
            alert=ALERT,
        )
        for service in services
    )
    topic = Letter(
        Record((_LETTERS,), of="body.event.order or key"),
        about="body.event.event_id",
        consumer="body.service",
        cause="body.cause or header.cause",
        alert=ALERT,
    )
    return (*rows, topic)


def outboxes(*services: str, relay_lock: bool = False, direct: tuple[str, ...] = ()) -> tuple[Outbox, ...]:
    """The outboxes of these services. Events of the types `direct` are published without a row, straight to the broker."""
    found: list[Outbox] = []
    waits = letters(*services)
    lock = Claim("col.owner", Rows("order", "relay_lock", ("name",)), "col.until_ms") if relay_lock else None
    for service in services:
        kept = tuple(one for one in OWED[service] if one.type not in direct)
        types = tuple(one for one in TYPES[service] if one not in direct)
        if types:
            found.append(_events(service, lock, kept, types, waits))
            found.append(_about(service, lock, _LETTERS, "letter", "body.event.event_id"))
            found.append(_about(service, lock, _ALERTS, "alert", "body.event_id"))
        straight = tuple(one for one in OWED[service] if one.type in direct)
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
        record=_record(topic, types),
        waits=waits,
    )


def _about(service: str, lock: Claim | None, topic: str, word: str, event: str) -> Outbox:
    """Letters and alerts are rows of the outbox too, that announce no change."""
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
        ),
    )


def _straight(service: str, owes: tuple[Owes, ...], waits: tuple[Letter, ...]) -> Outbox:
    record = _record(f"{service}-events", tuple(one.type for one in owes))
    return Outbox(name=f"{service} without outbox", owes=owes, record=record, waits=waits)


def _record(topic: str, types: tuple[str, ...]) -> Record:
    return Record(
        (topic,), of="body.order or key", id=_EVENT_ID, type="body.type", where={"body.type": types}
    )


def outbox_mapping(*, dual_write: bool = False) -> Mapping:
    """The order service alone, with its relays or without an outbox."""
    direct = TYPES["order"] if dual_write else ()
    return Mapping(outboxes("order", relay_lock=not dual_write, direct=direct))
