"""Mistakes in what is published, under which key, and by whom."""

from __future__ import annotations

from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.publisher import Publisher
from shaketable_targets.ports import Ports, Row


class ScatteringPublisher(Publisher):
    """Takes the event's id for the record's key."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        await self._broker.send(str(row["topic"]), str(row["event_id"]), self.readable(row))


class KeyByEvent(LockedRelay):
    """Spreads events over the partitions evenly: the events of one order are read in any order."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, ScatteringPublisher(ports, config))


class ThinPublisher(Publisher):
    """Rebuilds the event from the row's columns."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        self.readable(row)
        event = {"event_id": row["event_id"], "type": row["type"], "order": row["aggregate"]}
        await self._broker.send(str(row["topic"]), str(row["aggregate"]), event)


class ForgetsPayload(LockedRelay):
    """Publishes what the columns say and loses what only the payload says: item, quantity, amount."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, ThinPublisher(ports, config))


class DeletesFirst(LockedRelay):
    """Empties the outbox, then publishes what it took out: a crash in between loses the events."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
            rows = [row for row in rows if len(str(row["payload"])) <= self._config.event_bytes_max]
            if rows:
                await tx.delete("outbox", ("id", "in", [row["id"] for row in rows]))
        await self._publish(rows, {row["id"] for row in rows})
        return False


class WorksWithoutLock(LockedRelay):
    """Logs that somebody else has the lock, and goes on."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            await self._lock.hold(tx)
            rows = await self._pending(tx)
        if not rows:
            return False
        tick = await self._publish(rows, {row["id"] for row in rows})
        async with self._database.transaction() as tx:
            return await self._mark(tx, tick)
