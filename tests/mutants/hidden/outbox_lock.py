"""Mistakes in the lock of the relays, and in what a relay does with it."""

from __future__ import annotations

from shaketable.ports import ConnectionLost, Ports, Row, Timeout, Transaction
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import OUTBOX
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.locked_relay import ROW, LockedRelay, TableLock
from shaketable_targets.order_system.relay import PENDING, Relay
from tests.mutants.hidden.declared import Hidden, order_subject


class OpenLock(TableLock):
    """Releases by the name of the lock alone."""

    __slots__ = ()

    async def release(self, tx: Transaction) -> None:
        if self._owner:
            await tx.update("relay_lock", {"until_ms": 0}, ROW)
            self._owner = ""


class ReleasesAnyLock(LockedRelay):
    """Releases the lock after a pass, although another relay may have it by now."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, lock=OpenLock(ports, config))

    async def tick(self) -> bool:
        more = await super().tick()
        if not more:
            async with self._database.transaction() as tx:
                await self._lock.release(tx)
        return more


class ConfirmsThenMarks(LockedRelay):
    """Confirms in one transaction that it owns the lock, and marks in the next."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
        if not rows:
            return False
        tick = await self._publish(rows, {row["id"] for row in rows})
        async with self._database.transaction() as tx:
            owns = await self._lock.confirm(tx)
        if not owns:
            return False
        async with self._database.transaction() as tx:
            return await self._mark(tx, tick)


class ClockedLock(TableLock):
    """Remembers until when it has the lock, and asks its clock instead of the table."""

    __slots__ = ("_until_ms",)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._until_ms = 0

    async def hold(self, tx: Transaction) -> bool:
        self._until_ms = self._clock.now_ms() + self._lease_ms
        return await super().hold(tx)

    async def confirm(self, tx: Transaction) -> bool:
        return self._clock.now_ms() < self._until_ms


class TrustsItsClock(LockedRelay):
    """Thinks it has the lock for as long as its own clock says so."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, lock=ClockedLock(ports, config))


class DiesOfRefusal(LockedRelay):
    """Expects timeouts and resets, not a connection that is refused: that ends its task, and nothing restarts it."""

    async def run(self) -> None:
        while True:
            await self._clock.sleep(self._config.poll_interval_ms)
            try:
                while await self.tick():
                    pass
            except (Timeout, ConnectionLost):
                continue


class SkipLockedOnly(Relay):
    """Claims with SKIP LOCKED and looks no further: it overtakes the row that another relay is busy with."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows: list[Row] = await tx.select(
                "outbox", PENDING, order_by=("id",), limit=self._config.batch_size, lock="skip_locked"
            )
            if not rows:
                return False
            tick = await self._publish(rows, {row["id"] for row in rows})
            return await self._mark(tx, tick)


def _hidden(relay: type[Relay], name: str, kills: str, shows: str, needs: str) -> Hidden:
    declared = profile.OUTBOX_SKIP_LOCKED if relay is SkipLockedOnly else profile.OUTBOX
    target = system.outbox(relay=relay)
    return Hidden(order_subject(OUTBOX, name, target, declared, relay, tuple(kills.split())), shows, needs)


MUTANTS = (
    _hidden(
        ReleasesAnyLock,
        "releases-any-lock",
        "OB-4",
        "a relay that was paused beyond its lease frees the lock of its successor",
        "a pause of more than 10 s between claim and mark",
    ),
    _hidden(
        ConfirmsThenMarks,
        "confirms-then-marks",
        "OB-4",
        "a relay loses the lock between the confirmation and the mark, and marks all the same",
        "a pause of more than 10 s between two transactions",
    ),
    _hidden(
        TrustsItsClock,
        "trusts-its-clock",
        "OB-4",
        "a relay whose clock was set back marks rows although its successor has the lock",
        "a clock set back by more than a pause that is longer than the lease",
    ),
    _hidden(
        DiesOfRefusal,
        "dies-of-refusal",
        "OB-2",
        "after the database was down neither relay ever polls again",
        "a refused connection for both relays",
    ),
    _hidden(
        SkipLockedOnly,
        "skip-locked-only",
        "OB-6",
        "the second event of an order is published while the first is still in the other relay's hands",
        "two relays at once, the first slow, and two events of one order in two batches",
    ),
)
