"""The mutants of the relays that do not only poll: woken by NOTIFY, or reading the database's log."""

from __future__ import annotations

from shaketable.subject import System
from shaketable_patterns.order_system import profile, system, tables
from shaketable_patterns.order_system.system import MakeEventService, MakeRelay
from shaketable_patterns.order_system.variant import OUTBOX, Variant, mutants_of, summary_of
from shaketable_targets.order_system.mutants import outbox_log as logs
from shaketable_targets.order_system.mutants import outbox_upkeep as upkeep
from shaketable_targets.order_system.mutants import outbox_wakeup as wakeups
from shaketable_targets.order_system.schema import UNINDEXED_SCHEMA
from shaketable_targets.order_system.woken_relay import WakingOrder


def outbox_variant_mutants() -> dict[str, Variant]:
    """Return them by name, in a fixed order."""
    return _woken() | _logged()


def _woken() -> dict[str, Variant]:
    def woken(
        relay: MakeRelay, *kills: str, order: MakeEventService = WakingOrder
    ) -> tuple[System, str, tuple[str, ...]]:
        mistaken = relay if order is WakingOrder else order
        return system.woken(order=order, relay=relay), summary_of(mistaken), kills

    return mutants_of(
        OUTBOX,
        "hardened-listen-notify",
        profile.OUTBOX_WOKEN,
        {
            "listens-only": woken(wakeups.ListensOnly, "OB-2"),
            "notifies-early": woken(wakeups.WokenOnly, "OB-2", order=wakeups.NotifiesEarly),
            "listens-once": woken(wakeups.ListensOnce, "OB-2"),
            "sweeps-unsent": woken(upkeep.SweepsUnsent, "OB-3"),
            "claims-without-lease": woken(upkeep.ClaimsWithoutLease, "OB-2"),
            # Met in JasperFx/wolverine, issue 4316, and hyperledger-firefly/transaction-manager, pull request 158.
            "without-index": (
                system.woken(database=tables.polled_order(), schema=UNINDEXED_SCHEMA),
                "no index on status: each poll reads all that was ever sent",
                ("OB-8",),
            ),
            "sends-in-parallel": woken(upkeep.SendsInParallel, "OB-6"),
        },
    )


def _logged() -> dict[str, Variant]:
    def logged(relay: MakeRelay, *kills: str) -> tuple[System, str, tuple[str, ...]]:
        return system.logged(relay=relay), summary_of(relay), kills

    return mutants_of(
        OUTBOX,
        "hardened-log",
        profile.OUTBOX_LOG,
        {
            "advances-first": logged(logs.AdvancesFirst, "OB-2"),
            "advances-per-row": logged(logs.AdvancesPerRow, "OB-2"),
            "starts-at-end": logged(logs.StartsAtEnd, "OB-2"),
            "passes-outage": logged(logs.PassesOutage, "OB-2"),
            "drops-poison": logged(logs.DropsPoison, "OB-2"),
            "flushes-in-parallel": logged(logs.FlushesInParallel, "OB-6"),
        },
    )
