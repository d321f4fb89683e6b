"""Every shipped variant of the order system by name; its mutants stand in `mutants.py`."""

from __future__ import annotations

from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.mutants import mutants
from shaketable_patterns.order_system.target import CONSUMER, DEAD_LETTERS, OUTBOX, SAGA, Target
from shaketable_targets.order_system.as_listed.dual_write import DualWriteOrder
from shaketable_targets.order_system.as_listed.notification import AsListedNotification
from shaketable_targets.order_system.as_listed.orchestrator import OrchestratingOrder
from shaketable_targets.order_system.as_listed.payment import AsListedPayment
from shaketable_targets.order_system.as_listed.relay import AsListedRelay
from shaketable_targets.order_system.as_listed.steps import InventorySteps, PaymentSteps
from shaketable_targets.order_system.skip_locked_relay import SkipLockedRelay


def targets() -> dict[str, Target]:
    """Name -> variant, hardened ones first, in a fixed order."""
    return _hardened() | _as_listed() | mutants()


def _hardened() -> dict[str, Target]:
    skip_locked = system.outbox(relay=SkipLockedRelay)
    return {
        f"{SAGA}/hardened": Target(
            SAGA, system.saga(), profile.SAGA, "choreography with outbox, inbox and provider keys"
        ),
        f"{OUTBOX}/hardened": Target(
            OUTBOX, system.outbox(), profile.OUTBOX, "two polling relays, one fenced lock"
        ),
        f"{OUTBOX}/hardened-skip-locked": Target(
            OUTBOX,
            skip_locked,
            profile.OUTBOX_SKIP_LOCKED,
            "two polling relays, rows claimed with SKIP LOCKED",
        ),
        f"{CONSUMER}/hardened": Target(
            CONSUMER, system.consumer(), profile.CONSUMER, "two members, keyed mails, leased idempotency keys"
        ),
        f"{DEAD_LETTERS}/hardened": Target(
            DEAD_LETTERS, system.dead_letters(), profile.DEAD_LETTERS, "retries, dead letters, redrive"
        ),
    }


def _as_listed() -> dict[str, Target]:
    return {
        f"{SAGA}/as-listed": Target(
            SAGA,
            system.saga(payment=AsListedPayment),
            profile.SAGA,
            "the document's payment handler: charge, publish, one catch-all",
        ),
        f"{SAGA}/as-listed-orchestrated": Target(
            SAGA,
            system.saga(order=OrchestratingOrder, payment=PaymentSteps, inventory=InventorySteps),
            profile.ORCHESTRATED,
            "the document's orchestrator: steps in one method, its state on the stack",
        ),
        f"{OUTBOX}/as-listed": Target(
            OUTBOX,
            system.outbox(relay=AsListedRelay),
            profile.OUTBOX_AS_LISTED,
            "the document's relay: unconfirmed sends under a lock that runs out",
        ),
        f"{OUTBOX}/as-listed-dual-write": Target(
            OUTBOX,
            system.outbox(order=DualWriteOrder, relay=None),
            profile.DUAL_WRITE,
            "no outbox: save and send",
        ),
        f"{CONSUMER}/as-listed": Target(
            CONSUMER,
            system.consumer(notification=AsListedNotification),
            profile.CONSUMER,
            "the document's consumer: exists, effect, save",
        ),
    }
