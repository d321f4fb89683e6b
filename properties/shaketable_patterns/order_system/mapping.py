"""Who plays which role in the order system: its tables, topics and third parties in the patterns' words."""

from __future__ import annotations

from shaketable.mapping.consumers import Consumer
from shaketable.mapping.letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.roles import Becomes, Call, Claim, Record, Rows
from shaketable_patterns.dead_letters.roles import DeadLetters
from shaketable_patterns.idempotency.roles import IdempotentConsumers, Keyed
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
    "payment": ("PaymentCompleted", "PaymentFailed", "PaymentRefundPending", "PaymentRefunded"),
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
            waiting={"col.status": "OPEN"},
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
            where={"body.service": service},
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


def _takes(topic: str, *types: str) -> Record:
    return Record(
        (topic,), of="body.order or key", id=_EVENT_ID, type="body.type", where={"body.type": types}
    )


def _mark(service: str, table: str) -> Becomes:
    return Becomes(Rows(service, table, ("event_id",)), of="col.event_id")


def decided(service: str, event_type: str) -> Becomes:
    """The event row by which a service says so: of one order it does once."""
    return Becomes(
        Rows(service, "outbox", ("event_id",)),
        of="col.aggregate",
        where={"col.type": event_type, "col.topic": f"{service}-events"},
    )


def consumers(*services: str) -> tuple[Consumer, ...]:
    """What each of these services must do with the events that it takes."""
    said_failed = Record(("payment-events",), of="body.order or key", where={"body.type": "PaymentFailed"})
    out_of_stock = Record(
        ("inventory-events",), of="body.order or key", where={"body.type": "InventoryFailed"}
    )
    out_of_stock_row = Becomes(
        Rows("inventory", "outbox", ("event_id",)), of="col.aggregate", where={"col.type": "InventoryFailed"}
    )
    moved_on = Becomes(
        ORDERS, of="col.id", on="enters", where={"col.status": ("CONFIRMED", "CANCELLING", "CANCELLED")}
    )
    reserved = becomes(RESERVATIONS, "RESERVED")
    inbox = {service: _mark(service, "inbox") for service in ("order", "payment", "inventory")}
    every = (
        Consumer(
            group="payment",
            takes=_takes("order-events", "OrderCreated"),
            done=(CHARGE, Becomes(PAYMENTS, of="col.order"), said_failed),
            once=(CHARGE, decided("payment", "PaymentCompleted"), decided("payment", "PaymentFailed")),
            mark=inbox["payment"],
            together=True,
            commits=(becomes(PAYMENTS, "CHARGED"), becomes(PAYMENTS, "FAILED")),
        ),
        Consumer(
            group="payment",
            takes=_takes("inventory-events", "InventoryFailed"),
            done=(REFUND,),
            once=(REFUND, decided("payment", "PaymentRefunded")),
            only_after=CHARGE,
            mark=inbox["payment"],
            together=True,
            commits=(becomes(PAYMENTS, "REFUNDED"),),
        ),
        Consumer(
            group="inventory",
            takes=_takes("payment-events", "PaymentCompleted"),
            done=(Becomes(RESERVATIONS, of="col.order"), out_of_stock, out_of_stock_row),
            once=(
                reserved,
                decided("inventory", "InventoryReserved"),
                decided("inventory", "InventoryFailed"),
            ),
            mark=inbox["inventory"],
            together=True,
            commits=(reserved,),
        ),
        *(
            Consumer(
                group="order",
                takes=_takes(topic, *types),
                done=(moved_on,),
                mark=inbox["order"],
                together=True,
            )
            for topic, types in (
                ("payment-events", ("PaymentFailed", "PaymentRefunded")),
                ("inventory-events", ("InventoryReserved", "InventoryFailed")),
            )
        ),
        Consumer(
            group="notification",
            takes=_takes("order-events", "OrderConfirmed", "OrderCancelled"),
            done=(MAIL,),
            once=(MAIL,),
            by_id=True,
            mark=_mark("notification", "processed"),
        ),
    )
    return tuple(
        one
        for service in services
        for one in (*(c for c in every if c.group == service), *_unreadable(service, every))
    )


def _unreadable(service: str, every: tuple[Consumer, ...]) -> tuple[Consumer, ...]:
    """An event that does not say what it is can only be filed, or noted as done."""
    mine = [one for one in every if one.group == service]
    topics = tuple(dict.fromkeys(topic for one in mine for topic in one.takes.topics))
    done: tuple[Call, ...] = (MAIL,) if service == "notification" else ()
    takes = Record(topics, of="body.order or key", id=_EVENT_ID, where={"body.type": "@null"})
    return (Consumer(group=service, takes=takes, done=done, by_id=True, mark=mine[0].mark),)


REDRIVE = OpRole(op="redrive", plays="redrive", of="field.service")


def dead_letters_mapping() -> Mapping:
    """The notification service and its letters."""
    return Mapping(
        (DeadLetters(letters=letters("notification"), consumers=consumers("notification")), REDRIVE)
    )


def ops(*, key_of_order: bool = False) -> tuple[OpRole, ...]:
    """What the client's ops play. With `key_of_order` a key counts only together with the order that is asked for."""
    key = "{field.order}/{field.key}" if key_of_order else "field.key"
    same = ("field.order", "field.item", "field.quantity", "field.amount")
    oversized = ("field.order", "='poison'", "field.quantity", "field.amount")
    return (
        OpRole(op="place", plays="begin", of="field.order", key=key, payload=same),
        OpRole(op="place_again", plays="repeat", of="field.order", key=key, payload=same),
        OpRole(op="place_other", plays="other-payload", of="field.order", key=key, payload=same),
        OpRole(op="poison", plays="poison", of="field.order", key=key, payload=oversized),
        REDRIVE,
    )


KEYS = Keyed(
    executes=(Becomes(ORDERS, of="col.id"), decided("order", "OrderCreated")),
    store=Rows("order", "idempotency", ("key",)),
    key="col.key",
    running={"col.status": "RUNNING"},
    done={"col.status": "DONE"},
    owner="col.owner",
    until="col.expires_ms",
    outcome="col.response:$.0",
)


def consumer_mapping(*, key_of_order: bool = False) -> Mapping:
    """The order API with its keys, and the notification service."""
    groups = IdempotentConsumers(consumers=consumers("notification"), letters=letters("notification"))
    return Mapping((KEYS, groups, *ops(key_of_order=key_of_order)))
