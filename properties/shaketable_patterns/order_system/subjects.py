"""Every shipped variant of the order system by name, with what it is known to break; mutants stand in `mutants.py`."""

from __future__ import annotations

from shaketable.subject import Expectation
from shaketable_patterns.order_system import orchestrated_system, profile, system
from shaketable_patterns.order_system.mutants import mutants
from shaketable_patterns.order_system.variant import (
    CONSUMER,
    DEAD_LETTERS,
    ORCHESTRATION,
    OUTBOX,
    SAGA,
    Variant,
)
from shaketable_targets.order_system.as_listed.dual_write import DualWriteOrder
from shaketable_targets.order_system.as_listed.notification import AsListedNotification
from shaketable_targets.order_system.as_listed.orchestrator import OrchestratingOrder
from shaketable_targets.order_system.as_listed.payment import AsListedPayment
from shaketable_targets.order_system.as_listed.relay import AsListedRelay
from shaketable_targets.order_system.as_listed.steps import InventorySteps, PaymentSteps
from shaketable_targets.order_system.skip_locked_relay import SkipLockedRelay


def variants() -> dict[str, Variant]:
    """Return variants by name, hardened ones first, in a fixed order."""
    return _hardened() | _as_listed() | mutants()


_TWO_ORDERS = ("order-1", "order-2")
"""Instances of the order service behind one address."""


def _hardened() -> dict[str, Variant]:
    skip_locked = system.outbox(relay=SkipLockedRelay)
    return {
        f"{SAGA}/hardened": Variant(
            SAGA, system.saga(), profile.SAGA, "choreography with outbox, inbox and provider keys"
        ),
        f"{SAGA}/hardened-two-instances": Variant(
            SAGA,
            system.saga(orders=_TWO_ORDERS),
            profile.SAGA,
            "the same with two order services behind one address",
        ),
        f"{ORCHESTRATION}/hardened": Variant(
            ORCHESTRATION,
            orchestrated_system.over_http(),
            profile.BY_LEASE,
            "a durable orchestrator: a log of every saga, commands with keys over HTTP",
        ),
        f"{ORCHESTRATION}/hardened-two-instances": Variant(
            ORCHESTRATION,
            orchestrated_system.over_http(orchestrators=orchestrated_system.ORCHESTRATORS),
            profile.BY_LEASE,
            "the same with two orchestrators: claims with a lease and a fencing epoch",
        ),
        f"{ORCHESTRATION}/hardened-over-kafka": Variant(
            ORCHESTRATION,
            orchestrated_system.over_kafka(orchestrators=orchestrated_system.ORCHESTRATORS),
            profile.BY_TOPIC,
            "two durable orchestrators whose commands and answers are records",
        ),
        f"{OUTBOX}/hardened": Variant(
            OUTBOX, system.outbox(), profile.OUTBOX, "two polling relays, one fenced lock"
        ),
        f"{OUTBOX}/hardened-skip-locked": Variant(
            OUTBOX,
            skip_locked,
            profile.OUTBOX_SKIP_LOCKED,
            "two polling relays, rows claimed with SKIP LOCKED",
        ),
        f"{OUTBOX}/hardened-listen-notify": Variant(
            OUTBOX,
            system.woken(),
            profile.OUTBOX_WOKEN,
            "two relays that NOTIFY wakes and that poll all the same, rows claimed with SKIP LOCKED",
        ),
        f"{OUTBOX}/hardened-log": Variant(
            OUTBOX,
            system.logged(),
            profile.OUTBOX_LOG,
            "two relays that read the log by a replication slot, advanced behind the broker's acknowledgement",
        ),
        f"{CONSUMER}/hardened": Variant(
            CONSUMER, system.consumer(), profile.CONSUMER, "two members, keyed mails, leased idempotency keys"
        ),
        f"{CONSUMER}/hardened-two-instances": Variant(
            CONSUMER,
            system.consumer(orders=_TWO_ORDERS),
            profile.CONSUMER,
            "the same with two order APIs behind one address",
        ),
        f"{DEAD_LETTERS}/hardened": Variant(
            DEAD_LETTERS, system.dead_letters(), profile.DEAD_LETTERS, "retries, dead letters, redrive"
        ),
    }


def _as_listed() -> dict[str, Variant]:
    return {
        f"{SAGA}/as-listed": Variant(
            SAGA,
            system.saga(payment=AsListedPayment),
            profile.SAGA,
            "the document's payment handler: charge, publish, one catch-all",
            Expectation(
                breaks={
                    "SG-1": ("money-kept",),
                    "SG-2": ("double-charge",),
                    "SG-4": ("cancelled-before-refund",),
                    "OB-1": ("lost-event",),
                    "OB-5": ("phantom-event",),
                    "ID-2": ("double-effect",),
                    "ID-6": ("effect-without-record",),
                },
                may_break=frozenset({"SG-5", "SG-7", "DL-2"}),
            ),
            direct=("PaymentCompleted", "PaymentFailed"),
        ),
        f"{SAGA}/as-listed-orchestrated": Variant(
            SAGA,
            system.saga(order=OrchestratingOrder, payment=PaymentSteps, inventory=InventorySteps),
            profile.ORCHESTRATED,
            "the document's orchestrator: steps in one method, its state on the stack",
            Expectation(
                breaks={
                    "SG-1": ("money-kept", "stock-leaked"),
                    "SG-4": ("cancelled-before-refund",),
                    "SG-5": ("stranded-saga",),
                    "SG-8": ("not-resumed",),
                },
                may_break=frozenset({"SG-7"}),
            ),
        ),
        f"{OUTBOX}/as-listed": Variant(
            OUTBOX,
            system.outbox(relay=AsListedRelay),
            profile.OUTBOX_AS_LISTED,
            "the document's relay: unconfirmed sends under a lock that runs out",
            Expectation(
                breaks={
                    "OB-3": ("marked-unsent",),
                    "OB-4": ("unfenced-claim",),
                    "OB-7": ("batch-rolled-back",),
                    "OB-8": ("unbounded-batch",),
                },
                may_break=frozenset({"OB-2", "OB-6", "DL-1"}),
            ),
        ),
        f"{OUTBOX}/as-listed-dual-write": Variant(
            OUTBOX,
            system.outbox(order=DualWriteOrder, relay=None),
            profile.DUAL_WRITE,
            "no outbox: save and send",
            Expectation(
                breaks={"OB-1": ("lost-event",), "OB-5": ("phantom-event",)},
                may_break=frozenset({"DL-1"}),
            ),
        ),
        f"{CONSUMER}/as-listed": Variant(
            CONSUMER,
            system.consumer(notification=AsListedNotification),
            profile.CONSUMER,
            "the document's consumer: exists, effect, save",
            Expectation(
                breaks={"ID-2": ("double-effect",)},
                may_break=frozenset({"ID-1", "ID-6"}),
            ),
        ),
    }
