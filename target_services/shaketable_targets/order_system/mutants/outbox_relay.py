"""Mistakes in the relay."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.publisher import Publisher
from shaketable_targets.order_system.relay import PENDING, Tick
from shaketable_targets.order_system.table_lock import ROW, TableLock
from shaketable_targets.ports import TRANSIENT, ConnectionLost, Ports, Row, Timeout, Transaction


class MarkFirst(LockedRelay):
    """Marks before it publishes, so that nothing is ever sent twice: a crash in between loses the event."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
            tick = Tick(len(rows), [int(row["id"] or 0) for row in rows])
            await self._mark(tx, tick)
        await self._publish(rows, tick.confirmed)
        return False


class HopefulPublisher(Publisher):
    """Takes a lost acknowledgement for an acknowledgement."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        try:
            await super().publish(row)
        except (Timeout, ConnectionLost):
            return


class TimeoutIsConfirmation(LockedRelay):
    """The broker will have got it."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, HopefulPublisher(ports, config))


class FireAndForgetPublisher(Publisher):
    """Hands the record to the client library and counts it as published."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        self._broker.send_later(str(row["topic"]), str(row["aggregate"]), self.readable(row))


class FireAndForget(LockedRelay):
    """Never waits for the broker."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, FireAndForgetPublisher(ports, config))


class UnfencedMark(LockedRelay):
    """Marks by id alone: a relay that lost the lock while it stood still writes over its successor's marks."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
        if not rows:
            return False
        tick = await self._publish(rows, {row["id"] for row in rows})
        async with self._database.transaction() as tx:
            return await self._mark(tx, tick)

    async def _mark(self, tx: Transaction, tick: Tick) -> bool:
        if tick.confirmed:
            changes = {"status": "SENT", "owner": self._name}
            await tx.update("outbox", changes, ("id", "in", tick.confirmed))
        return await super()._mark(tx, Tick(tick.read, poison=tick.poison))


class RestampingPublisher(Publisher):
    """Gives the event its id when it is sent: a repetition looks like another event."""

    __slots__ = ("_new_id",)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._new_id = ports.new_id

    async def publish(self, row: Row) -> None:
        event = self.readable(row) | {"event_id": self._new_id()}
        await self._broker.send(str(row["topic"]), str(row["aggregate"]), event)


class FreshEventId(LockedRelay):
    """One id per message instead of one per event."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, RestampingPublisher(ports, config))


class CursorById(LockedRelay):
    """Remembers the last id: a row that commits after one with a higher id is never read."""

    _last = 0

    async def _pending(self, tx: Transaction) -> list[Row]:
        after = ("id", ">", self._last)
        return await tx.select("outbox", PENDING, after, order_by=("id",), limit=self._config.batch_size)

    async def _mark(self, tx: Transaction, tick: Tick) -> bool:
        self._last = max([self._last, *tick.confirmed])
        return await super()._mark(tx, tick)


class NewestFirst(LockedRelay):
    """Publishes the freshest news first."""

    async def _pending(self, tx: Transaction) -> list[Row]:
        return list(reversed(await super()._pending(tx)))


class PassesFailedRow(LockedRelay):
    """Goes on with the next row when one could not be published, also with the same order's."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        del mine
        tick = Tick(len(rows))
        for row in rows:
            try:
                await self._publisher.publish(row)
            except (*TRANSIENT, Unpublishable):
                continue
            tick.confirmed.append(int(row["id"] or 0))
        return tick


class PoisonBlocks(LockedRelay):
    """Stops at a row that cannot be published, so as to keep the order, and tries it again at every tick."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        del mine
        tick = Tick(len(rows))
        for row in rows:
            try:
                await self._publisher.publish(row)
            except (*TRANSIENT, Unpublishable):
                break
            tick.confirmed.append(int(row["id"] or 0))
        return tick


class Unbounded(LockedRelay):
    """Takes whatever is there."""

    async def _pending(self, tx: Transaction) -> list[Row]:
        return await tx.select("outbox", PENDING, order_by=("id",))


class EndlessLock(TableLock):
    """Takes the lock only if nobody has it; whoever dies with it keeps it."""

    __slots__ = ()

    async def hold(self, tx: Transaction) -> bool:
        if self._owner:
            return True
        taken = await tx.update("relay_lock", {"owner": self._name}, ROW, ("owner", "=", ""))
        self._owner = self._name if taken else ""
        return bool(taken)


class LockWithoutLease(LockedRelay):
    """A lock that outlives its owner."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, lock=EndlessLock(ports, config))
