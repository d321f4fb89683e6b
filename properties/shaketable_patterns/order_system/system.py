"""The four families as systems: their parts, databases, topics and third parties."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TypeVar

from shaketable.ports import Ports, Service
from shaketable.subject import DatabaseSpec, External, Part, System, Topic
from shaketable_patterns.order_system import tables
from shaketable_patterns.order_system.client import perform
from shaketable_patterns.order_system.externals import MAILER, PROVIDER
from shaketable_patterns.order_system.profile import (
    CONSUMER_CONFIG,
    IO_TIMEOUT_MS,
    OUTBOX_CONFIG,
    SAGA_CONFIG,
)
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.event_service import EventService
from shaketable_targets.order_system.idempotency import Keys
from shaketable_targets.order_system.inventory import InventoryService
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.log_relay import LogRelay
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.order import OrderFront, OrderService, OtherKeys, RelaylessOrder
from shaketable_targets.order_system.payment import PaymentService
from shaketable_targets.order_system.relay import Relay
from shaketable_targets.order_system.relay_process import order_relay
from shaketable_targets.order_system.schema import LOGGED_SCHEMA, SCHEMA
from shaketable_targets.order_system.woken_relay import WakingOrder, WokenRelay

POLLS = frozenset(
    {("SELECT", "outbox"), ("SELECT", "sagas"), ("UPDATE", "relay_lock"), ("COMMIT", "relay_lock")}
)
POLLED_ORDER = tables.polled_order(("status", "created_ms"))
HOPS = 5
"""Topics between placing an order and the customer's mail, with the redelivery of a crash."""
OUTBOX_HOPS = 2
"""Into the order service and out of it: a relay that is never quiet is not watched for longer than that takes."""

ENTRY = "shaketable_targets.order_system.app:main"
"""The entry that a real world starts for every part; the environment says which service it is."""
ID_FIELDS = frozenset({"order", "key", "event_id"})

T = TypeVar("T")
MakeEventService = Callable[[Ports, Config], EventService]
MakeKeys = Callable[[Ports, Config], Keys]
MakeRelay = Callable[[Ports, Config, DeadLetters], Relay]


def saga(
    *,
    order: MakeEventService = OrderService,
    payment: MakeEventService = PaymentService,
    inventory: MakeEventService = InventoryService,
    notification: MakeEventService = NotificationService,
    orders: tuple[str, ...] = ("order",),
    payments: tuple[str, ...] = ("payment",),
    inventories: tuple[str, ...] = ("inventory",),
) -> System:
    """Return all four services, choreographed.

    `orders`, `payments` and `inventories` are instances that share a role and the work; those of `orders` are behind one
    address too, to which clients send their requests.
    """
    config = SAGA_CONFIG
    alone = len(orders) == len(payments) == len(inventories) == 1
    return make_system(
        config,
        parts=(
            *(make_part(name, order, config, "order", "order") for name in orders),
            *(make_part(name, payment, config, "payment", "payment") for name in payments),
            *(make_part(name, inventory, config, "inventory", "inventory") for name in inventories),
            make_part("notification", notification, config),
        ),
        databases=(tables.ORDER, tables.PAYMENT, tables.INVENTORY, tables.NOTIFICATION),
        topics=tables.TOPICS if alone else tables.SPLIT_TOPICS,
        externals=(PROVIDER, MAILER),
    )


def outbox(
    *,
    order: MakeEventService = RelaylessOrder,
    relay: MakeRelay | None = LockedRelay,
    database: DatabaseSpec = tables.ORDER,
    schema: Mapping[str, str] = SCHEMA,
) -> System:
    """Return the order service and two relays on its database; the client publishes what payment and inventory would."""
    config = OUTBOX_CONFIG
    relays = () if relay is None else tuple(_relay(name, relay, config) for name in ("relay-1", "relay-2"))
    return make_system(
        config,
        parts=(make_part("order", order, config), *relays),
        databases=(database,),
        topics=tables.TOPICS,
        lock_ms=config.lock_at_most_for_ms,
        hops=OUTBOX_HOPS,
        schema=schema,
    )


def woken(
    *,
    order: MakeEventService = WakingOrder,
    relay: MakeRelay = WokenRelay,
    database: DatabaseSpec = POLLED_ORDER,
    schema: Mapping[str, str] = SCHEMA,
) -> System:
    """Return the same where the order service notifies the relays."""
    return outbox(order=order, relay=relay, database=database, schema=schema)


def logged(*, relay: MakeRelay = LogRelay) -> System:
    """Return the same where the relays read the database's log."""
    return outbox(relay=relay, database=tables.LOGGED_ORDER, schema=LOGGED_SCHEMA)


def consumer(
    *,
    order: MakeEventService = OrderFront,
    keys: MakeKeys | None = None,
    notification: MakeEventService = NotificationService,
    orders: tuple[str, ...] = ("order",),
) -> System:
    """Return two notification instances in one group, and the order API with its idempotency keys.

    The API has as many instances as `orders`, behind one address.
    """
    config = CONSUMER_CONFIG
    api = (
        (make_part(name, order, config, "order", "order") for name in orders)
        if keys is None
        else (_injected(name, OtherKeys, keys, config, "order", "order") for name in orders)
    )
    return make_system(
        config,
        parts=(
            *api,
            make_part("notification-1", notification, config, "notification", "notification"),
            make_part("notification-2", notification, config, "notification", "notification"),
        ),
        databases=(tables.ORDER, tables.NOTIFICATION),
        topics=tables.SHARED_TOPICS,
        externals=(MAILER,),
    )


def dead_letters(*, notification: MakeEventService = NotificationService) -> System:
    """Return one consumer that calls a third party, which can be away for longer than all retries."""
    config = CONSUMER_CONFIG
    return make_system(
        config,
        parts=(make_part("notification", notification, config),),
        databases=(tables.NOTIFICATION,),
        topics=tables.TOPICS,
        externals=(MAILER,),
    )


def make_system(
    config: Config,
    *,
    parts: tuple[Part, ...],
    databases: tuple[DatabaseSpec, ...],
    topics: tuple[Topic, ...],
    externals: tuple[External, ...] = (),
    lock_ms: int = 0,
    hops: int = HOPS,
    schema: Mapping[str, str] = SCHEMA,
) -> System:
    """Return a system of these parts, with the bounds that follow from their configuration.

    `lock_ms` is how long a lock or a claim outlives its dead holder, `hops` the topics on the longest way through the system.
    """
    # The longest the system is silent while it still has work: a relay that waits for a dead lock holder, or that
    # lost an answer and sleeps until its next poll.
    quiet_ms = lock_ms + config.poll_interval_ms + IO_TIMEOUT_MS + 500
    hop_ms = config.poll_interval_ms + config.attempts_max * (IO_TIMEOUT_MS + config.retry_backoff_ms_max)
    return System(
        parts=parts,
        perform=perform,
        databases=databases,
        topics=topics,
        externals=externals,
        polls=POLLS,
        quiet_ms=quiet_ms,
        pause_ms=config.retry_backoff_ms_max + 500,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=hops * hop_ms + quiet_ms,
        schema={database.name: schema[database.name] for database in databases},
        id_fields=ID_FIELDS,
    )


def make_part(name: str, make: MakeEventService, config: Config, database: str = "", role: str = "") -> Part:
    """Return the process of one instance of a service."""

    def start(ports: Ports) -> EventService:
        return make(ports, config)

    return Part(name, start, database or name, ENTRY, _env(make, config), role=role)


def _relay(name: str, make: MakeRelay, config: Config) -> Part:
    return _injected(name, order_relay, make, config, "order", "relay")


def _injected(
    name: str,
    make: Callable[[Ports, Config, T], Service],
    collaborator: T,
    config: Config,
    database: str = "",
    role: str = "",
) -> Part:
    """Return a part whose maker is also given how to make a collaborator."""

    def start(ports: Ports) -> Service:
        return make(ports, config, collaborator)

    env = _env(make, config) | {"SERVICE_COLLABORATOR": name_of(collaborator)}
    return Part(name, start, database or name, ENTRY, env, role=role)


def _env(make: object, config: Config) -> dict[str, str]:
    """Return the environment from which `shaketable_targets.order_system.app` makes the same service."""
    return {"SERVICE_CLASS": name_of(make), "SERVICE_CONFIG": json.dumps(asdict(config))}


def name_of(made: object) -> str:
    """Return the name by which a process finds what made a service, "module:qualname"."""
    return f"{made.__module__}:{getattr(made, '__qualname__', '')}"
