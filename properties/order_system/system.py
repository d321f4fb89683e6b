"""The four families as systems: which parts run, on which databases, topics and third parties."""

from __future__ import annotations

from collections.abc import Callable

from harness.ports import Errors, Ports
from harness.subject import DatabaseSpec, External, Part, System, Topic
from properties.order_system import tables
from properties.order_system.client import perform
from properties.order_system.externals import MAILER, PROVIDER
from properties.order_system.profile import CONSUMER_CONFIG, OUTBOX_CONFIG, SAGA_CONFIG
from target_services import ports as service_ports
from target_services.order_system.config import Config
from target_services.order_system.dead_letters import DeadLetters
from target_services.order_system.event_service import EventService
from target_services.order_system.idempotency import Keys
from target_services.order_system.inventory import InventoryService
from target_services.order_system.locked_relay import LockedRelay
from target_services.order_system.notification import NotificationService
from target_services.order_system.order import OrderService
from target_services.order_system.order_deployments import OrderFront, OtherKeys, RelaylessOrder
from target_services.order_system.outbox import Outbox
from target_services.order_system.payment import PaymentService
from target_services.order_system.relay import Relay
from target_services.order_system.relay_process import RelayProcess

ERRORS = Errors(
    timeout=service_ports.Timeout,
    connection_lost=service_ports.ConnectionLost,
    refused=service_ports.Refused,
    unique_violation=service_ports.UniqueViolation,
    check_violation=service_ports.CheckViolation,
    serialization_failure=service_ports.SerializationFailure,
    deadlock=service_ports.DeadlockDetected,
    commit_rejected=service_ports.CommitRejected,
)
POLLS = frozenset({("SELECT", "outbox"), ("UPDATE", "relay_lock"), ("COMMIT", "relay_lock")})
IO_TIMEOUT_MS = 4_000
"""Longer than one poll: a message that is merely late is not lost, and the sender waits for it."""
HOPS = 5
"""Topics between placing an order and the customer's mail, with the redelivery of a crash."""

MakeEventService = Callable[[service_ports.Ports, Config], EventService]
MakeKeys = Callable[[service_ports.Ports, Config], Keys]
MakeRelay = Callable[[service_ports.Ports, Config, DeadLetters], Relay]


def saga(
    *,
    order: MakeEventService = OrderService,
    payment: MakeEventService = PaymentService,
    inventory: MakeEventService = InventoryService,
    notification: MakeEventService = NotificationService,
) -> System:
    """All four services, choreographed."""
    config = SAGA_CONFIG
    return _system(
        config,
        parts=(
            _part("order", order, config),
            _part("payment", payment, config),
            _part("inventory", inventory, config),
            _part("notification", notification, config),
        ),
        databases=(tables.ORDER, tables.PAYMENT, tables.INVENTORY, tables.NOTIFICATION),
        topics=tables.TOPICS,
        externals=(PROVIDER, MAILER),
    )


def outbox(*, order: MakeEventService = RelaylessOrder, relay: MakeRelay | None = LockedRelay) -> System:
    """The order service and two relays on its database; the client publishes what payment and inventory would."""
    config = OUTBOX_CONFIG
    relays = () if relay is None else (_relay("relay-1", relay, config), _relay("relay-2", relay, config))
    return _system(
        config,
        parts=(_part("order", order, config), *relays),
        databases=(tables.ORDER,),
        topics=tables.TOPICS,
        lock_ms=config.lock_at_most_for_ms,
    )


def consumer(*, keys: MakeKeys | None = None, notification: MakeEventService = NotificationService) -> System:
    """Two notification instances in one group, and the order API with its idempotency keys."""
    config = CONSUMER_CONFIG

    def order(ports: service_ports.Ports, given: Config) -> EventService:
        return OrderFront(ports, given) if keys is None else OtherKeys(ports, given, keys(ports, given))

    return _system(
        config,
        parts=(
            _part("order", order, config),
            _part("notification-1", notification, config, "notification"),
            _part("notification-2", notification, config, "notification"),
        ),
        databases=(tables.ORDER, tables.NOTIFICATION),
        topics=tables.SHARED_TOPICS,
        externals=(MAILER,),
    )


def dead_letters(*, notification: MakeEventService = NotificationService) -> System:
    """One consumer whose partner can be away for longer than its retries last."""
    config = CONSUMER_CONFIG
    return _system(
        config,
        parts=(_part("notification", notification, config),),
        databases=(tables.NOTIFICATION,),
        topics=tables.TOPICS,
        externals=(MAILER,),
    )


def _system(
    config: Config,
    *,
    parts: tuple[Part, ...],
    databases: tuple[DatabaseSpec, ...],
    topics: tuple[Topic, ...],
    externals: tuple[External, ...] = (),
    lock_ms: int = 0,
) -> System:
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
        errors=ERRORS,
        quiet_ms=quiet_ms,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=HOPS * hop_ms + quiet_ms,
    )


def _part(name: str, make: MakeEventService, config: Config, database: str = "") -> Part:
    def start(ports: Ports) -> EventService:
        return make(ports, config)

    return Part(name, start, database or name)


def _relay(name: str, make: MakeRelay, config: Config) -> Part:
    def start(ports: Ports) -> RelayProcess:
        letters = DeadLetters(ports, config, Outbox(ports), "order")
        return RelayProcess(make(ports, config, letters))

    return Part(name, start, "order")
