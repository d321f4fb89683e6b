"""The order history as a system: a command side, two instances of the query side, their databases and topics."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from shaketable.ports import Ports, Service
from shaketable.subject import DatabaseSpec, Part, System, Table, Topic
from shaketable_patterns.order_history.client import perform
from shaketable_patterns.order_history.profile import CONFIG, IO_TIMEOUT_MS
from shaketable_patterns.order_system.system import ENTRY, name_of
from shaketable_targets.order_history.history import HistoryService
from shaketable_targets.order_history.schema import SCHEMA
from shaketable_targets.order_history.shop import FIRST_BALANCE, ORDER_EVENTS, PAYMENT_EVENTS, ShopService
from shaketable_targets.order_system.config import Config

USERS = ("u1", "u2")
POLLS = frozenset({("SELECT", "outbox"), ("SELECT", "generations")})
_HOPS = 2
"""From the command side into the view, with the redelivery of a crash."""

SHOP = DatabaseSpec(
    "shop",
    (
        Table("orders", ("id",)),
        Table("payments", ("order",)),
        Table(
            "accounts",
            ("user_id",),
            not_negative=("balance",),
            rows=tuple({"user_id": user, "balance": FIRST_BALANCE} for user in USERS),
        ),
        Table("outbox", ("id",), serial="id", unique=(("event_id",),)),
        Table("dead_letters", ("event_id",)),
    ),
)
HISTORY = DatabaseSpec(
    "history",
    (
        Table("generations", ("number",), rows=({"number": 1, "status": "LIVE"},)),
        Table("order_summary", ("generation", "order")),
        Table("user_days", ("generation", "user_id", "day")),
        Table("positions", ("generation", "topic", "partition")),
        Table("parked", ("generation", "topic", "partition", "offset")),
    ),
)
Make = Callable[[Ports, Config], Service]


def order_history(
    *,
    shop: Make = ShopService,
    history: Callable[..., Service] = HistoryService,
    collaborator: object = None,
    instances: tuple[str, ...] = ("history-1", "history-2"),
    expires: bool = False,
) -> System:
    """Return the system; `collaborator` is what `history` is given as its third argument, if anything.

    Where topics `expires`, their records may be deleted, read or not.
    """
    quiet_ms = CONFIG.poll_interval_ms + IO_TIMEOUT_MS + 500
    hop_ms = CONFIG.poll_interval_ms + CONFIG.attempts_max * (IO_TIMEOUT_MS + CONFIG.retry_backoff_ms_max)
    return System(
        parts=(
            _part("shop", shop, "shop", "shop"),
            *(_part(name, history, "history", "history", collaborator) for name in instances),
        ),
        perform=perform,
        databases=(SHOP, HISTORY),
        topics=tuple(Topic(name, 2, expires) for name in (ORDER_EVENTS, PAYMENT_EVENTS)),
        polls=POLLS,
        quiet_ms=quiet_ms,
        pause_ms=CONFIG.retry_backoff_ms_max + 500,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=_HOPS * hop_ms + quiet_ms,
        schema={database: SCHEMA[database] for database in ("shop", "history")},
        id_fields=frozenset({"order", "event_id", "user_id"}),
    )


def _part(
    name: str, make: Callable[..., Service], database: str, role: str, collaborator: object = None
) -> Part:
    given = () if collaborator is None else (collaborator,)

    def start(ports: Ports) -> Service:
        return make(ports, CONFIG, *given)

    env = {"SERVICE_CLASS": name_of(make), "SERVICE_CONFIG": json.dumps(asdict(CONFIG))}
    if collaborator is not None:
        env["SERVICE_COLLABORATOR"] = name_of(collaborator)
    return Part(name, start, database, ENTRY, env, role=role)
