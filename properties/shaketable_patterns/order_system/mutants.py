"""Every mutant of the order system by name, with the promises that must kill it."""

from __future__ import annotations

from shaketable.subject import System
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.orchestration_mutants import orchestration_mutants
from shaketable_patterns.order_system.outbox_variant_mutants import outbox_variant_mutants
from shaketable_patterns.order_system.system import MakeEventService, MakeKeys, MakeRelay
from shaketable_patterns.order_system.variant import (
    CONSUMER,
    DEAD_LETTERS,
    OUTBOX,
    SAGA,
    Variant,
    mutants_of,
    summary_of,
)
from shaketable_targets.order_system.as_listed.steps import PaymentSteps
from shaketable_targets.order_system.mutants import dead_letters as dl
from shaketable_targets.order_system.mutants import dead_letters_redrive as redrives
from shaketable_targets.order_system.mutants import idempotency as idem
from shaketable_targets.order_system.mutants import idempotency_memory as memory
from shaketable_targets.order_system.mutants import outbox_lock as locks
from shaketable_targets.order_system.mutants import outbox_publisher as publishers
from shaketable_targets.order_system.mutants import outbox_relay as relays
from shaketable_targets.order_system.mutants import outbox_write as writes
from shaketable_targets.order_system.mutants import (
    saga_choices,
    saga_compensation,
    saga_inventory,
    saga_order,
    saga_payment,
)


def mutants() -> dict[str, Variant]:
    """Return mutants by name, in a fixed order."""
    return (
        _of_saga()
        | orchestration_mutants()
        | _of_outbox()
        | outbox_variant_mutants()
        | _of_consumer()
        | _of_dead_letters()
    )


def _of_saga() -> dict[str, Variant]:
    def payment(make: MakeEventService, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.saga(payment=make), summary_of(make), kills

    def inventory(make: MakeEventService, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.saga(inventory=make), summary_of(make), kills

    def order(make: MakeEventService, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.saga(order=make), summary_of(make), kills

    return mutants_of(
        SAGA,
        "hardened",
        profile.SAGA,
        {
            "no-provider-key": payment(saga_payment.NoProviderKey, "SG-2", "SG-7"),
            "key-per-amount": payment(saga_payment.KeyPerAmount, "SG-1"),
            "timeout-means-declined": payment(saga_payment.TimeoutMeansDeclined, "SG-1"),
            "refund-asked-once": payment(saga_payment.RefundAskedOnce, "SG-1"),
            "refund-deletes": payment(saga_payment.RefundDeletes, "SG-3"),
            "refund-with-fresh-key": payment(saga_payment.RefundWithFreshKey, "SG-2"),
            "commit-first": payment(saga_payment.CommitFirst, "SG-5"),
            "ends-at-a-refused-commit": payment(saga_payment.EndsAtARefusedCommit, "SG-5"),
            "undoes-what-failed": payment(saga_choices.UndoesWhatFailed, "SG-3"),
            "cancels-unrefunded": (
                system.saga(order=saga_choices.CancelsUnrefunded, payment=saga_choices.OwesRefunds),
                summary_of(saga_choices.CancelsUnrefunded),
                ("SG-4",),
            ),
            "no-inbox": inventory(saga_inventory.NoInbox, "SG-2"),
            "stock-in-memory": inventory(saga_inventory.StockInMemory, "SG-2"),
            "publish-after-commit": inventory(saga_inventory.PublishAfterCommit, "SG-5"),
            "cancel-before-refund": order(saga_order.CancelBeforeRefund, "SG-4"),
            "confirm-on-payment": order(saga_order.ConfirmOnPayment, "SG-4"),
            "no-status-guard": order(saga_order.NoStatusGuard, "SG-4"),
            "expects-order": order(saga_order.ExpectsOrder, "SG-5"),
            "shared-context": order(saga_order.SharedContext, "SG-6"),
            "one-template": (
                system.saga(notification=saga_order.OneTemplate),
                summary_of(saga_order.OneTemplate),
                ("SG-6",),
            ),
            "reads-then-writes": (
                system.saga(
                    inventory=saga_inventory.ReadsThenWrites, inventories=("inventory-1", "inventory-2")
                ),
                summary_of(saga_inventory.ReadsThenWrites),
                ("SG-2",),
            ),
            "key-per-instance": (
                system.saga(payment=saga_payment.KeyPerInstance, payments=("payment-1", "payment-2")),
                summary_of(saga_payment.KeyPerInstance),
                ("SG-6",),
            ),
        },
    ) | mutants_of(
        SAGA,
        "hardened",
        profile.COMPENSATING,
        {
            "compensates-in-order": (
                system.saga(
                    order=saga_compensation.CompensatesInOrder,
                    payment=PaymentSteps,
                    inventory=saga_compensation.ReleasingSteps,
                ),
                summary_of(saga_compensation.CompensatesInOrder),
                ("SG-3",),
            ),
        },
    )


def _of_outbox() -> dict[str, Variant]:
    def order(make: MakeEventService, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.outbox(order=make), summary_of(make), kills

    def relay(make: MakeRelay, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.outbox(relay=make), summary_of(make), kills

    return mutants_of(
        OUTBOX,
        "hardened",
        profile.OUTBOX,
        {
            "separate-transactions": order(writes.SeparateTransactions, "OB-1"),
            "publish-before-commit": order(writes.PublishBeforeCommit, "OB-5"),
            "mark-first": relay(relays.MarkFirst, "OB-3"),
            "timeout-is-confirmation": relay(publishers.TimeoutIsConfirmation, "OB-2", "OB-3"),
            "fire-and-forget": relay(publishers.FireAndForget, "OB-2", "OB-3"),
            "unfenced-mark": relay(locks.UnfencedMark, "OB-4"),
            "fresh-event-id": relay(publishers.FreshEventId, "OB-5"),
            "cursor-by-id": relay(relays.CursorById, "OB-2", "OB-6"),
            "newest-first": relay(relays.NewestFirst, "OB-6"),
            "passes-failed-row": relay(relays.PassesFailedRow, "OB-6"),
            "poison-blocks": relay(relays.PoisonBlocks, "OB-7"),
            "unbounded": relay(relays.Unbounded, "OB-8"),
            "lock-without-lease": relay(locks.LockWithoutLease, "OB-2"),
            "dead-in-silence": relay(relays.DeadInSilence, "OB-2"),
            "counts-outages": relay(relays.CountsOutages, "OB-2"),
            "deletes-first": relay(relays.DeletesFirst, "OB-3"),
            "works-without-lock": relay(locks.WorksWithoutLock, "OB-4"),
            "forgets-payload": relay(publishers.ForgetsPayload, "OB-5"),
            "key-by-event": relay(publishers.KeyByEvent, "OB-6"),
        },
    )


def _of_consumer() -> dict[str, Variant]:
    def keys(make: MakeKeys, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.consumer(keys=make), summary_of(make), kills

    def notification(make: MakeEventService, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.consumer(notification=make), summary_of(make), kills

    return mutants_of(
        CONSUMER,
        "hardened",
        profile.CONSUMER,
        {
            "outcome-not-stored": keys(idem.OutcomeNotStored, "ID-1"),
            "keys-in-memory": keys(memory.KeysInMemory, "ID-1"),
            "mail-without-key": notification(idem.MailWithoutKey, "ID-2"),
            "release-by-key": keys(idem.ReleaseByKey, "ID-3"),
            "no-expiry": keys(idem.NoExpiry, "ID-4"),
            "payload-ignored": keys(idem.PayloadIgnored, "ID-5"),
            "checked-first": keys(idem.CheckedFirst, "ID-6"),
            "record-first": keys(idem.RecordFirst, "ID-6"),
            "save-first": notification(idem.SaveFirst, "ID-6"),
            "never-leaves": keys(memory.NeverLeaves, "ID-4"),
            "leaks-its-slot": keys(memory.LeaksItsSlot, "ID-4"),
            "compares-orders": keys(memory.ComparesOrders, "ID-5"),
            "stores-outages": keys(memory.StoresOutages, "ID-6"),
            "key-of-its-order": keys(memory.KeyOfItsOrder, "ID-5"),
            "stores-refusals": keys(memory.StoresRefusals, "ID-6"),
        },
    )


def _of_dead_letters() -> dict[str, Variant]:
    def mutant(make: MakeEventService, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.dead_letters(notification=make), summary_of(make), kills

    return mutants_of(
        DEAD_LETTERS,
        "hardened",
        profile.DEAD_LETTERS,
        {
            "drops-after-attempts": mutant(dl.DropsAfterAttempts, "DL-3"),
            "no-alert": mutant(dl.NoAlert, "DL-1"),
            "no-cause": mutant(dl.NoCause, "DL-1"),
            "redrive-mails-again": mutant(redrives.RedriveMailsAgain, "DL-2"),
            "redrive-closes-first": mutant(redrives.RedriveClosesFirst, "DL-2"),
            "swallows-errors": mutant(dl.SwallowsErrors, "DL-3"),
            "announces-afterwards": mutant(dl.AnnouncesAfterwards, "DL-1"),
            "retries-for-ever": mutant(dl.RetriesForEver, "DL-1"),
            "redrive-forgives": mutant(redrives.RedriveForgives, "DL-2"),
            "redrive-takes": mutant(redrives.RedriveTakes, "DL-2"),
        },
    )
