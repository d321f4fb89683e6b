"""The consumers, keys and ops of the order system in the patterns' words."""

from __future__ import annotations

from shaketable.mapping.consumers import Consumer
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.roles import Becomes, Call, Record, Rows
from shaketable_patterns.dead_letters.roles import DeadLetters
from shaketable_patterns.idempotency.roles import IdempotentConsumers, Keyed
from shaketable_patterns.order_system.dead_letter_mapping import letters
from shaketable_patterns.order_system.effect_mapping import (
    CHARGE,
    EVENT_ID,
    MAIL,
    ORDERS,
    PAYMENTS,
    REFUND,
    RESERVATIONS,
    becomes,
    decided,
    events_on,
)

REDRIVES = tuple(
    OpRole(
        op="redrive",
        plays="redrive",
        of=f"='{service}'",
        where={"field.service": [service, f"{service}-1", f"{service}-2"]},
    )
    for service in ("order", "payment", "inventory", "notification")
)
"""A redrive is asked of one instance and takes up the letters of its service."""
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


def consumers(*services: str) -> tuple[Consumer, ...]:
    """Return what each of these services must do with the events that it takes."""
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
            takes=events_on("order-events", "OrderCreated"),
            done=(CHARGE, Becomes(PAYMENTS, of="col.order"), said_failed),
            once=(CHARGE, decided("payment", "PaymentCompleted"), decided("payment", "PaymentFailed")),
            mark=inbox["payment"],
            together=True,
            commits=(becomes(PAYMENTS, "CHARGED"), becomes(PAYMENTS, "FAILED")),
        ),
        Consumer(
            group="payment",
            takes=events_on("inventory-events", "InventoryFailed"),
            done=(REFUND,),
            once=(REFUND, decided("payment", "PaymentRefunded")),
            only_after=CHARGE,
            mark=inbox["payment"],
            together=True,
            commits=(becomes(PAYMENTS, "REFUNDED"),),
        ),
        Consumer(
            group="inventory",
            takes=events_on("payment-events", "PaymentCompleted"),
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
                takes=events_on(topic, *types),
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
            takes=events_on("order-events", "OrderConfirmed", "OrderCancelled"),
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
    """Return the consumer of events that do not say what they are: they can only be filed, or noted as done."""
    mine = [one for one in every if one.group == service]
    topics = tuple(dict.fromkeys(topic for one in mine for topic in one.takes.topics))
    done: tuple[Call, ...] = (MAIL,) if service == "notification" else ()
    takes = Record(topics, of="body.order or key", id=EVENT_ID, where={"body.type": "@null"})
    return (Consumer(group=service, takes=takes, done=done, by_id=True, mark=mine[0].mark, hopeless=True),)


def _mark(service: str, table: str) -> Becomes:
    return Becomes(Rows(service, table, ("event_id",)), of="col.event_id")


def ops(*, key_of_order: bool = False) -> tuple[OpRole, ...]:
    """Return what the client's ops play. With `key_of_order` a key counts only together with the order that is asked for."""
    key = "{field.order}/{field.key}" if key_of_order else "field.key"
    same = ("field.order", "field.item", "field.quantity", "field.amount")
    oversized = ("field.order", "='poison'", "field.quantity", "field.amount")
    return (
        OpRole(op="place", plays="begin", of="field.order", key=key, payload=same),
        OpRole(op="place_again", plays="repeat", of="field.order", key=key, payload=same),
        OpRole(op="place_other", plays="other-payload", of="field.order", key=key, payload=same),
        OpRole(op="poison", plays="poison", of="field.order", key=key, payload=oversized),
        *REDRIVES,
    )


def dead_letters_mapping() -> Mapping:
    """Return the mapping of the notification service and its letters."""
    return Mapping(
        (DeadLetters(letters=letters("notification"), consumers=consumers("notification")), *REDRIVES)
    )


def consumer_mapping(*, key_of_order: bool = False) -> Mapping:
    """Return the mapping of the order API with its keys, and of the notification service."""
    groups = IdempotentConsumers(consumers=consumers("notification"), letters=letters("notification"))
    return with_letters(Mapping((KEYS, groups, *ops(key_of_order=key_of_order))), "notification")


def with_letters(mapping: Mapping, *services: str) -> Mapping:
    """Return `mapping` with what these services must handle or file."""
    filed = DeadLetters(letters=letters(*services), consumers=consumers(*services))
    return Mapping((*mapping.roles, filed))
