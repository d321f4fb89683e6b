"""Correct relays that a strict reader might accuse, each unlike the hardened ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.ports import TRANSIENT, LoggedTransaction, Ports, Transaction
from shaketable.subject import Subject, System
from shaketable_patterns.compositions import pattern_of
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import OUTBOX, Variant
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.log_relay import SLOT, LogRelay
from shaketable_targets.order_system.mutants.outbox_wakeup import NotifiesEarly, WokenOnly
from shaketable_targets.order_system.relay import Tick
from shaketable_targets.order_system.woken_relay import WokenRelay


class SweepsSent(WokenRelay):
    """Deletes rows in the transaction that marks them as sent or dead."""

    async def _mark(self, tx: Transaction, tick: Tick) -> bool:
        more = await super()._mark(tx, tick)
        await tx.delete("outbox", ("status", "in", ("SENT", "DEAD")))
        return more


class MovesWithEachRow(LogRelay):
    """Confirms each row's own position: in the middle of a transaction that moves nothing, and its end comes last."""

    async def relay(self, transaction: LoggedTransaction) -> None:
        for logged in transaction.rows:
            await self.publish(logged.row)
            await self._database.advance(SLOT, logged.position)
        await self._database.advance(SLOT, transaction.position)


class SweepsBehindTheSlot(LogRelay):
    """Deletes what the slot has passed, whoever has the lock by then: the log needs no row any more."""

    async def relay(self, transaction: LoggedTransaction) -> None:
        await super().relay(transaction)
        ids = [logged.row["id"] for logged in transaction.rows]
        async with self._database.transaction() as tx:
            await tx.delete("outbox", ("id", "in", ids))


class MovesSeldom(LogRelay):
    """Moves the slot once for all that it has read: more is published again after a crash."""

    async def relay_all(self, found: Sequence[LoggedTransaction]) -> None:
        for transaction in found:
            for logged in transaction.rows:
                await self.publish(logged.row)
        if found:
            await self._database.advance(SLOT, found[-1].position)


class BeginsWithTheNext(LogRelay):
    """Reads one transaction at a time, and stays a while at one that the broker does not take."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters)
        self._failed = 0

    async def relay(self, transaction: LoggedTransaction) -> None:
        try:
            await super().relay(transaction)
        except TRANSIENT:
            self._failed = min(self._failed + 1, 3)
            await self._clock.sleep(self._failed * self._config.retry_backoff_ms)
            raise
        self._failed = 0


def _woken(name: str, made: Callable[[], System], summary: str) -> Subject:
    return _subject(name, Variant(OUTBOX, made(), profile.OUTBOX_WOKEN, summary))


def _logged(name: str, made: Callable[[], System], summary: str) -> Subject:
    return _subject(name, Variant(OUTBOX, made(), profile.OUTBOX_LOG, summary))


def _subject(name: str, variant: Variant) -> Subject:
    return Subject(
        f"correct/{name}", pattern_of(variant), variant.profile, variant.system, summary=variant.summary
    )


CORRECT = (
    _woken(
        "woken-only",
        lambda: system.woken(relay=WokenOnly),
        "never polls, and reads whenever it begins to listen",
    ),
    _woken("notifies-early", lambda: system.woken(order=NotifiesEarly), "notified too early, and polls"),
    _woken("sweeps-sent", lambda: system.woken(relay=SweepsSent), "keeps no row that is done with"),
    _logged(
        "moves-with-each-row",
        lambda: system.logged(relay=MovesWithEachRow),
        "the slot in the middle of a transaction",
    ),
    _logged(
        "sweeps-behind-the-slot",
        lambda: system.logged(relay=SweepsBehindTheSlot),
        "no row that the slot has passed",
    ),
    _logged("moves-seldom", lambda: system.logged(relay=MovesSeldom), "the slot once a tick"),
    _logged("stays-a-while", lambda: system.logged(relay=BeginsWithTheNext), "a pause that grows"),
)
