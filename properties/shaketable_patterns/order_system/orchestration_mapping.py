"""Who plays which role in the orchestrated order saga: steps that are commanded, their log, letters of commands."""

from __future__ import annotations

import msgspec

from shaketable.mapping.consumers import Consumer
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.roles import Becomes, Effect, Record, Rows
from shaketable_patterns.dead_letters.roles import Command, DeadLetters
from shaketable_patterns.idempotency.roles import IdempotentConsumers
from shaketable_patterns.order_system.consumer_mapping import KEYS, consumers, ops
from shaketable_patterns.order_system.dead_letter_mapping import ALERTS, LETTERS, letters
from shaketable_patterns.order_system.effect_mapping import (
    CHARGE,
    EVENT_ID,
    ORDERS,
    PAYMENTS,
    REFUND,
    RESERVATIONS,
    becomes,
    events_on,
)
from shaketable_patterns.order_system.orchestrated_system import ALONE, ORCHESTRATORS
from shaketable_patterns.order_system.outbox_mapping import about, outboxes
from shaketable_patterns.order_system.saga_mapping import saga
from shaketable_patterns.outbox.roles import Outbox
from shaketable_patterns.saga.roles import Driver, Saga, Step

_PARTICIPANTS = ("order", "payment", "inventory")
_SERVICES = (*_PARTICIPANTS, "orchestrator")
_EVERY = (*_SERVICES, "notification")
_SAGAS = Rows("orchestrator", "sagas", ("id",))
_COURIERS = Rows("inventory", "couriers", ("order",))
_BOOKED = becomes(_COURIERS, "BOOKED")
_RESERVED = becomes(RESERVATIONS, "RESERVED")
_RELEASED = becomes(RESERVATIONS, "RELEASED")
_REDRIVE = OpRole(
    op="redrive", plays="redrive", of="='orchestrator'", where={"field.service": [*ALONE, *ORCHESTRATORS]}
)
_REPLIES = "saga-replies"
_DONE: dict[str, tuple[Effect, ...]] = {
    "charge": (
        CHARGE,
        Becomes(PAYMENTS, of="col.order", on="enters", where={"col.status": ("FAILED", "REFUNDED", "VOID")}),
    ),
    "refund": (REFUND,),
    "reserve": (Becomes(RESERVATIONS, of="col.order"),),
    "release": (_RELEASED,),
    "book": (Becomes(_COURIERS, of="col.order"),),
    "unbook": (becomes(_COURIERS, "CANCELLED"),),
    "confirm": (becomes(ORDERS, "CONFIRMED"),),
    "cancel": (becomes(ORDERS, "CANCELLED"),),
}
"""What shows that a command was carried out, or refused."""
_ONCE: dict[str, tuple[Effect, ...]] = {
    "charge": (CHARGE,),
    "refund": (REFUND,),
    "reserve": (_RESERVED,),
    "book": (_BOOKED,),
}
_ONLY_AFTER: dict[str, Effect] = {"refund": CHARGE, "release": _RESERVED, "unbook": _BOOKED}
_SERVICE_OF = {
    "charge": "payment",
    "refund": "payment",
    "reserve": "inventory",
    "release": "inventory",
    "book": "inventory",
    "unbook": "inventory",
    "confirm": "order",
    "cancel": "order",
}


def orchestration_mapping(*, by_topic: bool) -> Mapping:
    """Map the orchestrator and its participants; `by_topic` its commands are records, else requests."""
    taken = (_begins(), *(_obeys() if by_topic else ()), *consumers("notification"))
    moving = tuple(one for one in taken if one.group != "notification")
    commands = () if by_topic else tuple(_command(name) for name in _DONE)
    return Mapping(
        (
            *_sagas(moving, by_topic),
            *outboxes(*_PARTICIPANTS),
            about("orchestrator", None, LETTERS, "letter", "body.event.event_id"),
            about("orchestrator", None, ALERTS, "alert", "body.event_id"),
            *(_commanded() if by_topic else ()),
            KEYS,
            IdempotentConsumers(consumers=taken, letters=letters(*_EVERY)),
            DeadLetters(letters=letters(*_EVERY), consumers=taken, commands=commands),
            *ops(),
            _REDRIVE,
        )
    )


# -- the saga --------------------------------------------------------------------------------------------


def _sagas(moving: tuple[Consumer, ...], by_topic: bool) -> tuple[Saga, ...]:
    """Return the saga of every order, and beside it that of orders that go by courier."""
    driver = Driver(
        processes=(*ALONE, *ORCHESTRATORS), log=_SAGAS, of="col.id", epoch="col.epoch", files="orchestrator"
    )
    every = saga(orchestrated=True)
    charge, reserve = every.steps
    charge = msgspec.structs.replace(charge, given_up=_refund_given_up(by_topic))
    reserve = msgspec.structs.replace(reserve, after=())  # the two are parallel
    every = msgspec.structs.replace(
        every,
        steps=(charge, reserve),
        backward=("CANCELLED",),
        waits=_waiting(),
        consumers=moving,
        drivers=(driver,),
    )
    courier = Step(
        name="courier",
        do=_BOOKED,
        undo=_BOOKED.leaving,
        after=("reserve",),
        done="given to a courier",
        undone="taken from the courier",
    )
    fragile = msgspec.structs.replace(
        every,
        name="fragile order",
        instance=Becomes(ORDERS, of="col.id", where={"col.item": "pear"}),
        steps=(reserve, courier),
        ends={"CONFIRMED": ("reserve", "courier"), "CANCELLED": ()},
        conserved=(),
        tells=(),
        exclusive=(),
    )
    return every, fragile


def _waiting() -> tuple[Letter, ...]:
    """Return the letters of the orchestrator and its participants; a mail that waits holds up no order."""
    *rows, record = letters(*_SERVICES)
    said = msgspec.structs.replace(record.letter, where={"body.service": _SERVICES})
    return (*rows, msgspec.structs.replace(record, letter=said))


def _refund_given_up(by_topic: bool) -> tuple[Letter, ...]:
    """Return the letters about refunds: the payment service's own, or those of the orchestrator that asked for them."""
    row, record = letters("payment" if by_topic else "orchestrator")
    kept, said = row.letter, record.letter
    assert isinstance(kept, Becomes)
    assert isinstance(said, Record)
    return (
        msgspec.structs.replace(
            row, letter=msgspec.structs.replace(kept, where={"col.payload:$.type": "refund"})
        ),
        msgspec.structs.replace(
            record, letter=msgspec.structs.replace(said, where={"body.event.type": "refund"})
        ),
    )


# -- commands --------------------------------------------------------------------------------------------


def _command(name: str) -> Command:
    return Command(
        consumer="orchestrator",
        where={"col.payload:$.type or body.event.type": name},
        done=_DONE[name],
        once=_ONCE.get(name, ()),
        only_after=_ONLY_AFTER.get(name),
    )


def _begins() -> Consumer:
    """Return the consumer of new orders."""
    begun = Becomes(_SAGAS, of="col.id")
    return Consumer(
        group="orchestrator",
        takes=events_on("order-events", "OrderCreated"),
        done=(begun,),
        once=(begun,),
        mark=_inbox("orchestrator"),
        together=True,
        commits=(begun,),
    )


def _obeys() -> tuple[Consumer, ...]:
    """Return the consumers of commands, and that of answers."""
    obeying = (
        Consumer(
            group=service,
            takes=events_on(f"{service}-commands", name),
            done=_DONE[name],
            once=_ONCE.get(name, ()),
            only_after=_ONLY_AFTER.get(name),
            mark=_inbox(service),
            together=service != "payment",  # it writes down what the provider said before it answers
        )
        for name, service in _SERVICE_OF.items()
    )
    answers = Consumer(
        group="orchestrator", takes=events_on(_REPLIES, "CommandAnswered"), mark=_inbox("orchestrator")
    )
    return (*obeying, answers)


def _commanded() -> tuple[Outbox, ...]:
    """Return the outboxes of commands and of answers."""
    commands = tuple(f"{service}-commands" for service in _PARTICIPANTS)
    return (
        _plain("commands", "orchestrator", commands),
        *(_plain(f"{service} answers", service, (_REPLIES,)) for service in _PARTICIPANTS),
    )


def _plain(name: str, service: str, topics: tuple[str, ...]) -> Outbox:
    """Return an outbox of a service's rows for these topics, which announce no change."""
    commands = [command for command, taker in _SERVICE_OF.items() if service in (taker, "orchestrator")]
    mine = {} if service == "orchestrator" else {"body.command": commands}
    return Outbox(
        name=name,
        events=Rows(service, "outbox", ("event_id",), {"col.topic": topics}),
        id="col.event_id",
        of="col.aggregate",
        type="col.type",
        topic="col.topic",
        sequence="col.id",
        payload="col.payload",
        pending={"col.status": "PENDING"},
        sent={"col.status": "SENT"},
        dead={"col.status": "DEAD"},
        record=Record(topics, of="body.order or key", id=EVENT_ID, type="body.type", where=mine),
        waits=letters(service),
    )


def _inbox(service: str) -> Becomes:
    return Becomes(Rows(service, "inbox", ("event_id",)), of="col.event_id")
