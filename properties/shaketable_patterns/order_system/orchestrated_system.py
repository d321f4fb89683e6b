"""The orchestrated family as systems: a durable orchestrator, and the four services that it tells what to do."""

from __future__ import annotations

from shaketable.subject import System, Topic
from shaketable_patterns.order_system import tables
from shaketable_patterns.order_system.externals import MAILER, PROVIDER
from shaketable_patterns.order_system.profile import SAGA_CONFIG
from shaketable_patterns.order_system.system import MakeEventService, make_part, make_system
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.orchestrated.commanding import CommandingOrchestrator
from shaketable_targets.order_system.orchestrated.inventory import InventoryOnTopic, InventoryParticipant
from shaketable_targets.order_system.orchestrated.orchestrator import Orchestrator
from shaketable_targets.order_system.orchestrated.order import OrderOnTopic, OrderParticipant
from shaketable_targets.order_system.orchestrated.payment import PaymentOnTopic, PaymentParticipant
from shaketable_targets.order_system.orchestrated.schema import SCHEMA

ORCHESTRATORS = ("orchestrator-1", "orchestrator-2")
"""Instances that share the sagas."""
ALONE = ("orchestrator",)


def over_http(
    *,
    orchestrator: MakeEventService = Orchestrator,
    payment: MakeEventService = PaymentParticipant,
    inventory: MakeEventService = InventoryParticipant,
    order: MakeEventService = OrderParticipant,
    orchestrators: tuple[str, ...] = ALONE,
) -> System:
    """Return the system whose orchestrator asks its participants over HTTP, under a claim."""
    lock_ms = SAGA_CONFIG.lock_at_most_for_ms
    return _system(orchestrator, payment, inventory, order, orchestrators, tables.TOPICS, lock_ms)


def over_kafka(
    *,
    orchestrator: MakeEventService = CommandingOrchestrator,
    payment: MakeEventService = PaymentOnTopic,
    inventory: MakeEventService = InventoryOnTopic,
    order: MakeEventService = OrderOnTopic,
    orchestrators: tuple[str, ...] = ALONE,
) -> System:
    """Return the system whose commands and answers are records."""
    topics = (*tables.TOPICS, *tables.COMMAND_TOPICS)
    return _system(orchestrator, payment, inventory, order, orchestrators, topics, 0)


def _system(
    orchestrator: MakeEventService,
    payment: MakeEventService,
    inventory: MakeEventService,
    order: MakeEventService,
    orchestrators: tuple[str, ...],
    topics: tuple[Topic, ...],
    lock_ms: int,
) -> System:
    config = SAGA_CONFIG
    return make_system(
        config,
        parts=(
            make_part("order", order, config),
            make_part("payment", payment, config),
            make_part("inventory", inventory, config),
            *(
                make_part(name, orchestrator, config, "orchestrator", "orchestrator")
                for name in orchestrators
            ),
            make_part("notification", NotificationService, config),
        ),
        databases=(
            tables.ORDER,
            tables.PAYMENT,
            tables.ORCHESTRATED_INVENTORY,
            tables.ORCHESTRATOR,
            tables.NOTIFICATION,
        ),
        topics=topics if len(orchestrators) == 1 else tuple(Topic(topic.name, 2) for topic in topics),
        externals=(PROVIDER, MAILER),
        lock_ms=lock_ms,
        hops=_HOPS,
        schema=SCHEMA,
    )


_HOPS = 8
"""Rounds of commands on the way to an order's end and back, each with all its attempts."""
