"""Who plays which role in the order saga: its steps and ends, with the outboxes, consumers and dead letters in it."""

from __future__ import annotations

import msgspec

from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Call, Record, Rows
from shaketable_patterns.dead_letters.roles import DeadLetters
from shaketable_patterns.idempotency.roles import IdempotentConsumers
from shaketable_patterns.order_system.consumer_mapping import KEYS, consumers, ops
from shaketable_patterns.order_system.dead_letter_mapping import letters
from shaketable_patterns.order_system.effect_mapping import (
    CHARGE,
    ORDERS,
    PAYMENTS,
    REFUND,
    RESERVATIONS,
    becomes,
    decided,
)
from shaketable_patterns.order_system.outbox_mapping import outboxes
from shaketable_patterns.saga.roles import Conserved, Driver, Outcome, Saga, Step, Tells

_OF_EVENT = "body.order or key"
_SERVICES = ("order", "payment", "inventory")
_ORDER_EVENTS = Rows("order", "outbox", ("event_id",))
_HELD = becomes(RESERVATIONS, "RESERVED")


def _said(service: str, event_type: str) -> Record:
    return Record((f"{service}-events",), of=_OF_EVENT, where={"body.type": event_type})


def _failed(service: str, event_type: str) -> tuple[Becomes | Record, ...]:
    """Return what says that a step failed: its service committed so or, without an outbox, published so."""
    return decided(service, event_type), _said(service, event_type)


def _refund_given_up() -> tuple[Letter, ...]:
    """Return the letters of payment about an event that asks it for a refund."""
    row, record = letters("payment")
    kept, said = row.letter, record.letter
    assert isinstance(kept, Becomes)
    assert isinstance(said, Record)
    asked = {"body.service": "payment", "body.event.type": "InventoryFailed"}
    return (
        msgspec.structs.replace(
            row, letter=msgspec.structs.replace(kept, where={"col.payload:$.type": "InventoryFailed"})
        ),
        msgspec.structs.replace(record, letter=msgspec.structs.replace(said, where=asked)),
    )


def _waiting() -> tuple[Letter, ...]:
    """Return the letters of the services that take the steps; a mail that waits holds up no order."""
    *rows, record = letters(*_SERVICES)
    said = msgspec.structs.replace(record.letter, where={"body.service": _SERVICES})
    return (*rows, msgspec.structs.replace(record, letter=said))


def _charge() -> Step:
    return Step(
        name="charge",
        do=CHARGE,
        undo=REFUND,
        resource="money",
        amount="col.amount",
        failed=_failed("payment", "PaymentFailed"),
        pending=(
            becomes(PAYMENTS, "REFUND_PENDING"),
            becomes(PAYMENTS, "REFUNDING"),
            decided("payment", "PaymentRefundPending"),
            Becomes(_ORDER_EVENTS, of="col.aggregate", where={"col.type": "RefundRequested"}),
        ),
        finished=becomes(PAYMENTS, "REFUNDED"),
        given_up=_refund_given_up(),
        done="charged",
        undone="refunded",
    )


def _reserve() -> Step:
    held = msgspec.structs.replace(_HELD, amount="col.quantity")
    return Step(
        name="reserve",
        do=held,
        undo=msgspec.structs.replace(held, on="leaves"),
        resource="stock",
        amount="col.quantity",
        same={"col.item": "col.item"},
        after=("charge",),
        failed=_failed("inventory", "InventoryFailed"),
        done="reserved",
        undone="released",
    )


def saga(*, orchestrated: bool = False) -> Saga:
    """Return the order saga; orchestrated, its steps are called and no group moves an order by the events that it takes."""
    told = consumers("notification")[0]
    return Saga(
        name="order",
        instance=Becomes(ORDERS, of="col.id"),
        status="col.status",
        steps=(_charge(), _reserve()),
        ends={"CONFIRMED": ("charge", "reserve"), "CANCELLED": ()},
        backward=("CANCELLING", "CANCELLED"),
        exclusive=tuple(
            tuple(Outcome(one, _said(service, one)) for one in both)
            for service, *both in (
                ("payment", "PaymentCompleted", "PaymentFailed"),
                ("inventory", "InventoryReserved", "InventoryFailed"),
                ("order", "OrderConfirmed", "OrderCancelled"),
            )
        ),
        conserved=(
            Conserved(
                rows=Rows("inventory", "stock", ("item",)),
                of="col.item",
                parts=("col.available", "col.reserved"),
                held="col.reserved",
                by="reserve",
                by_of="col.item",
            ),
        ),
        waits=_waiting(),
        consumers=() if orchestrated else consumers(*_SERVICES),
        drivers=(Driver(processes=("order",)),) if orchestrated else (),
        tells=(
            Tells(
                effect=Call("mailer", "mail", of="field.order"),
                says="field.template",
                words={"OrderConfirmed": "confirmed", "OrderCancelled": "cancelled"},
                event="field.event",
                by=told,
            ),
        ),
    )


def saga_mapping(*, direct: tuple[str, ...] = (), orchestrated: bool = False) -> Mapping:
    """Map all four services: the saga, with the outboxes, consumers and dead letters in it.

    Payment's events of the types `direct` are published without an outbox. How many instances a service has is all one.
    """
    services = (*_SERVICES, "notification")
    takes = ("notification",) if orchestrated else services
    return Mapping(
        (
            saga(orchestrated=orchestrated),
            *outboxes(*services, direct=direct),
            KEYS,
            IdempotentConsumers(consumers=consumers(*takes), letters=letters(*services)),
            DeadLetters(letters=letters(*services), consumers=consumers(*takes)),
            *ops(),
        )
    )
