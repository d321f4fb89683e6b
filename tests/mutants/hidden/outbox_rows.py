"""Mistakes in which rows a relay reads, publishes, marks and gives up, and in writing them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from shaketable.ports import TRANSIENT, Json, Ports, Row, Transaction
from shaketable.subject import System
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import OUTBOX
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.order import RelaylessOrder, order_row
from shaketable_targets.order_system.relay import PENDING, Publisher, Tick
from tests.mutants.hidden.declared import Hidden, order_subject


class WatermarkMark(LockedRelay):
    """Marks from the first to the last id of its batch; a row in between may have been committed since it looked."""

    async def _mark(self, tx: Transaction, tick: Tick) -> bool:
        for row, cause in tick.poison:
            await self._count_attempt(tx, row, cause)
        if tick.confirmed:
            first, last = ("id", ">=", tick.confirmed[0]), ("id", "<=", tick.confirmed[-1])
            changes = {"status": "SENT", "owner": self._name}
            await tx.update("outbox", changes, first, last, PENDING, ("attempts", "=", 0))
        return tick.read == self._config.batch_size == len(tick.confirmed)


class CursorWithOverlap(LockedRelay):
    """Reads what is at most five seconds older than the newest row it has sent: no transaction takes longer."""

    _newest_ms = 0

    async def _pending(self, tx: Transaction) -> list[Row]:
        recent = ("created_ms", ">", self._newest_ms - 5_000)
        return await tx.select("outbox", PENDING, recent, order_by=("id",), limit=self._config.batch_size)

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        tick = await super()._publish(rows, mine)
        sent = [int(row["created_ms"] or 0) for row in rows if row["id"] in tick.confirmed]
        self._newest_ms = max([self._newest_ms, *sent])
        return tick


class OrdersByTime(LockedRelay):
    """Reads the rows in the order of their creation, by the clock of the service that wrote them."""

    async def _pending(self, tx: Transaction) -> list[Row]:
        return await tx.select(
            "outbox", PENDING, order_by=("created_ms", "id"), limit=self._config.batch_size
        )


class BuriesTheAggregate(LockedRelay):
    """Gives up all events of an order with the one that cannot be published; only that one gets a letter."""

    async def _count_attempt(self, tx: Transaction, row: Row, cause: str) -> None:
        await super()._count_attempt(tx, row, cause)
        if int(row["attempts"] or 0) + 1 >= self._config.poison_attempts_max:
            of_the_order = ("aggregate", "=", row["aggregate"])
            later = (of_the_order, ("id", ">", row["id"]), ("topic", "=", row["topic"]), PENDING)
            await tx.update("outbox", {"status": "DEAD"}, *later)


class PublishesInParallel(LockedRelay):
    """Publishes a batch at once, to save the round trips: events of one order overtake each other."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        tick = Tick(len(rows))
        outcomes = await asyncio.gather(
            *(self._publisher.publish(row) for row in rows if row["id"] in mine), return_exceptions=True
        )
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, Unpublishable):
                tick.poison.append((row, str(outcome)))
            elif outcome is None:
                tick.confirmed.append(int(row["id"] or 0))
            elif not isinstance(outcome, TRANSIENT):
                raise outcome
        return tick


class MarksAsManyAsConfirmed(LockedRelay):
    """Goes on after an event that the broker did not confirm, and marks as many rows as were confirmed: the first ones."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        tick = Tick(len(rows))
        done = 0
        failed: dict[object, None] = {}
        good: list[int] = []
        for row in rows:
            if row["aggregate"] in failed:
                continue
            try:
                await self._publisher.publish(row)
            except Unpublishable as error:
                failed[row["aggregate"]] = None
                tick.poison.append((row, str(error)))
                continue
            except TRANSIENT:
                failed[row["aggregate"]] = None
            else:
                done += 1
            good.append(int(row["id"] or 0))
        tick.confirmed.extend(good[:done])
        return tick


class ForgetfulPublisher(Publisher):
    """Notes an event as sent when it sends it, so that it does not send it again after a failed mark."""

    __slots__ = ("_sent",)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._sent: dict[object, None] = {}

    async def publish(self, row: Row) -> None:
        event = self.readable(row)
        if row["id"] not in self._sent:
            self._sent[row["id"]] = None
            await self._broker.send(str(row["topic"]), str(row["aggregate"]), event)


class RemembersTooEarly(LockedRelay):
    """Remembers what it has sent before the broker has confirmed it."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, ForgetfulPublisher(ports, config))


class UpsertsOrder(RelaylessOrder):
    """Ignores that the order exists, as a repetition would, and announces it once more."""

    async def create(self, tx: Transaction, body: Json) -> None:
        await tx.insert("orders", order_row(body), on_conflict="ignore")
        await self.outbox.add(tx, "OrderCreated", body)


def _hidden(target: System, made_of: object, name: str, kills: str, shows: str, needs: str) -> Hidden:
    subject = order_subject(OUTBOX, name, target, profile.OUTBOX, made_of, tuple(kills.split()))
    return Hidden(subject, shows, needs)


def _relay(relay: type[LockedRelay], name: str, kills: str, shows: str, needs: str) -> Hidden:
    return _hidden(system.outbox(relay=relay), relay, name, kills, shows, needs)


MUTANTS = (
    _relay(
        WatermarkMark,
        "watermark-mark",
        "OB-3 OB-2",
        "an order that was committed while a batch with lower and higher ids was on its way is never announced",
        "three orders at once, the COMMIT of the middle one late by as long as the relay takes",
    ),
    _relay(
        CursorWithOverlap,
        "cursor-with-overlap",
        "OB-2 OB-6",
        "an order whose COMMIT took longer than five seconds is never announced, nor one from before a clock step",
        "a held COMMIT, or the order's clock set back, after a newer row was sent",
    ),
    _relay(
        OrdersByTime,
        "orders-by-time",
        "OB-6",
        "the confirmation of an order is published before its creation",
        "a clock step back of the order service between two events of one order that are read together",
    ),
    _relay(
        BuriesTheAggregate,
        "buries-the-aggregate",
        "OB-2",
        "the confirmation of an order whose creation was too large is DEAD without a letter",
        "an oversized order that goes on before its row is given up",
    ),
    _relay(
        PublishesInParallel,
        "publishes-in-parallel",
        "OB-6",
        "the confirmation of an order is on the topic and its creation is not, or later",
        "two events of one order in one batch and a fault of the first produce",
    ),
    _relay(
        MarksAsManyAsConfirmed,
        "marks-as-many-as-confirmed",
        "OB-3",
        "the broker takes the second event and not the first; the first is marked",
        "two orders in one batch, and the first produce lost",
    ),
    _relay(
        RemembersTooEarly,
        "remembers-too-early",
        "OB-3 OB-2",
        "an event that the broker never got is marked at the next pass",
        "a lost produce, and the same relay at the next pass",
    ),
    _hidden(
        system.outbox(order=UpsertsOrder),
        UpsertsOrder,
        "upserts-order",
        "OB-1 OB-5",
        "an order that is placed again under another key is announced again, with what was not stored",
        "the same order under two keys",
    ),
)
