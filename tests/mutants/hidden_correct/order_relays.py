"""Correct relays and writers of the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from shaketable.ports import TRANSIENT, Json, Ports, Row, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.events import TOPIC_OF, event_of
from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.order_system.locked_relay import ROW, LockedRelay, TableLock
from shaketable_targets.order_system.order import OrderService, RelaylessOrder
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.payment import PaymentService
from shaketable_targets.order_system.relay import PENDING, Publisher, Tick
from shaketable_targets.order_system.skip_locked_relay import SkipLockedRelay


class OrdersInParallel(LockedRelay):
    """Publishes the events of different orders side by side, those of one order one after the other."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        tick = Tick(len(rows))
        lanes: dict[object, list[Row]] = {}
        for row in rows:
            lanes.setdefault(row["aggregate"], []).append(row)
        await asyncio.gather(*(self._lane(lane, tick) for lane in lanes.values()))
        return tick

    async def _lane(self, rows: Sequence[Row], tick: Tick) -> None:
        for row in rows:
            try:
                await self._publisher.publish(row)
            except Unpublishable as error:
                tick.poison.append((row, str(error)))
                return
            except TRANSIENT:
                return
            tick.confirmed.append(int(row["id"] or 0))


class RememberingPublisher(Publisher):
    """Does not send again what the broker has confirmed to it, when only the mark has failed."""

    __slots__ = ("_sent",)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._sent: dict[object, None] = {}

    async def publish(self, row: Row) -> None:
        if row["id"] not in self._sent:
            await super().publish(row)
            self._sent[row["id"]] = None


class RemembersConfirmed(LockedRelay):
    """Remembers what was confirmed, and only that."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, RememberingPublisher(ports, config))


class ReleasesItsLock(LockedRelay):
    """Gives the lock back after a pass, if it still has it, so that the relays take turns."""

    async def tick(self) -> bool:
        more = await super().tick()
        if not more:
            async with self._database.transaction() as tx:
                await self._lock.release(tx)
        return more


class NamedLock(TableLock):
    """Its owner is the relay by name; a relay is one task, so it never competes with itself."""

    __slots__ = ()

    async def hold(self, tx: Transaction) -> bool:
        now_ms = self._clock.now_ms()
        self._owner = self._name
        until_ms = now_ms + self._lease_ms
        if await self._renew(tx, until_ms):
            return True
        free = ("until_ms", "<=", now_ms)
        return bool(await tx.update("relay_lock", {"owner": self._name, "until_ms": until_ms}, ROW, free))


class LocksByName(LockedRelay):
    """Two relays with two names, each fenced by its own."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, lock=NamedLock(ports, config))


class MarksOneByOne(LockedRelay):
    """Marks each row as soon as it is confirmed, each time in a transaction in which it owns the lock."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
        held: dict[object, None] = {}
        for row in rows:
            if row["aggregate"] in held:
                continue
            one = await self._publish([row], {row["id"]})
            if not one.confirmed:
                held[row["aggregate"]] = None
            async with self._database.transaction() as tx:
                if not await self._lock.confirm(tx):
                    return False
                await self._mark(tx, one)
            if not one.confirmed and not one.poison:
                return False
        return False


class OneAtATime(SkipLockedRelay):
    """Claims the oldest row only, and leaves it alone if another relay has it."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await tx.select("outbox", PENDING, order_by=("id",), limit=1)
            if not rows:
                return False
            oldest = ("id", "=", rows[0]["id"])
            claimed = await tx.select("outbox", oldest, PENDING, lock="skip_locked")
            tick = await self._publish(rows, {row["id"] for row in claimed})
            await self._mark(tx, tick)
            return bool(tick.confirmed)


class SpeakingOutbox(Outbox):
    """An event's id says what it is about: each type happens once to an order."""

    __slots__ = ()

    async def add(self, tx: Transaction, kind: str, order: Json) -> None:
        await self.put(tx, TOPIC_OF[kind], event_of(f"{order['order']}/{kind}", kind, order))


class SpeakingOrder(RelaylessOrder):
    """An order service with speaking event ids."""

    def make_outbox(self) -> Outbox:
        return SpeakingOutbox(self.ports)


class SpeakingSagaOrder(OrderService):
    """The same with a relay of its own."""

    def make_outbox(self) -> Outbox:
        return SpeakingOutbox(self.ports)


class SpeakingPayment(PaymentService):
    """A payment service with speaking event ids."""

    def make_outbox(self) -> Outbox:
        return SpeakingOutbox(self.ports)
