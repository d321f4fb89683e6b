"""The order history in the words of a read model: what its view is made of, and what is asked of it."""

from __future__ import annotations

from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Record, Role, Rows
from shaketable.profile import Profile
from shaketable_patterns.projection.roles import (
    Counted,
    Poison,
    Position,
    Projection,
    Question,
    Rebuild,
    Total,
)
from shaketable_targets.order_history.shop import DAY_MS, ORDER_EVENTS, PAYMENT_EVENTS
from shaketable_targets.order_history.view import WINDOW_DAYS

ORDERS = Rows("shop", "orders", ("id",))
PAYMENTS = Rows("shop", "payments", ("order",))
ACCOUNTS = Rows("shop", "accounts", ("user_id",))
SUMMARY = ("history", "order_summary", ("generation", "order"))
DAYS = Rows("history", "user_days", ("generation", "user_id", "day"))
GENERATIONS = Rows("history", "generations", ("number",))
PARKED = Rows("history", "parked", ("generation", "topic", "partition", "offset"))
_PLACED = Counted(ORDERS, "col.user_id", where={"col.status": "PLACED"}, when="col.ordered_ms")
_PAID = Counted(PAYMENTS, "col.user_id", "col.amount", where={"col.status": "PAID"}, when="col.ordered_ms")
_BALANCE = Counted(ACCOUNTS, "col.user_id", "col.balance")
_UNREADABLE = {"body.version": "@null"}

_POSITIONS = Position(
    rows=Rows("history", "positions", ("generation", "topic", "partition")),
    topic="col.topic",
    partition="col.partition",
    next="col.next",
    scope="col.generation",
)
_REBUILD = Rebuild(
    op="rebuild",
    rows=GENERATIONS,
    scope="col.number",
    live={"col.status": "LIVE"},
    building={"col.status": "BUILDING"},
)


def _events(topic: str) -> Record:
    where = {"body.version": "@set"}
    return Record((topic,), of="body.order", id="body.event_id", type="body.type", where=where)


def _total(name: str, counted: Counted) -> Total:
    return Total(
        name=name,
        counts=(counted,),
        view=DAYS,
        view_of="col.user_id",
        amount=f"col.{name}",
        scope="col.generation",
    )


def _summary(total: str) -> Question:
    return Question(
        name=total,
        op="summary",
        of="field.user_id",
        total=total,
        says=f"answer.body.{total}",
        window_ms=WINDOW_DAYS * DAY_MS,
        as_of="answer.body.as_of_ms",
    )


def mapping(declared: Profile, *, as_listed: bool = False) -> Mapping:
    """Return the mapping of a variant; one as listed has neither versions nor positions, and is never built again."""
    roles: list[Role] = [
        Projection(
            name="orders",
            source=ORDERS,
            of="col.id",
            view=Rows(*SUMMARY, where={"col.user_id": "@set"}),
            view_of="col.order",
            same={f"col.{field}": f"col.{field}" for field in ("user_id", "amount", "status", "ordered_ms")},
            scope="col.generation",
            record=_events(ORDER_EVENTS),
            record_version="body.version",
            version="" if as_listed else "col.version",
        ),
        Projection(
            name="payments",
            source=PAYMENTS,
            of="col.order",
            view=Rows(*SUMMARY, where={"col.paid": "@set"}),
            view_of="col.order",
            same={"col.amount": "col.paid"},
            shown={"col.status": "PAID"},
            scope="col.generation",
            record=_events(PAYMENT_EVENTS),
            record_version="body.version",
            version="" if as_listed else "col.payment_version",
        ),
        _total("orders", _PLACED),
        _total("paid", _PAID),
        Total(name="balance", counts=(_BALANCE,)),
        _summary("orders"),
        _summary("paid"),
        Question(
            name="balance",
            op="balance",
            of="field.user_id",
            total="balance",
            says="answer.body.balance",
            strong=True,
        ),
        Poison(
            record=Record((ORDER_EVENTS,), of="key", id="body.event_id", where=_UNREADABLE),
            letters=(Letter(Becomes(PARKED, of="col.event_id"), about="col.event_id", cause="col.cause"),),
        ),
    ]
    if not as_listed:
        roles += [_POSITIONS, _REBUILD]
    return Mapping(tuple(roles), settings=declared.knobs)
