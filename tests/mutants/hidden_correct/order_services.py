"""Correct services: other ways to charge, to reserve, to remember, to give up and to redrive."""

from __future__ import annotations

import asyncio
import hashlib
import json

from shaketable.ports import TRANSIENT, CommitRejected, Consumer, Json, Record, Response, Row, Transaction
from shaketable_targets.order_system.dead_letters import DeadLetters, Handle, Redriven
from shaketable_targets.order_system.failures import HOPELESS, RETRIED
from shaketable_targets.order_system.idempotency import IN_PROGRESS, Effect, LeasedKeys, owned
from shaketable_targets.order_system.inventory import InventoryService
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.payment import PaymentService
from shaketable_targets.order_system.subscription import Subscription


class HashedKeys(PaymentService):
    """Makes the provider's key a hash: any name, any length, always ASCII."""

    async def ask_charge(self, event: Json) -> bool:
        order = event["order"]
        key = hashlib.sha256(f"charge/{order}".encode()).hexdigest()
        return await self.provider.ask("/charges", {"order": order, "amount": event["amount"]}, key)


class KnowsItsPayment(PaymentService):
    """Looks into its inbox before it asks the provider, and spares it the repetition."""

    async def charge(self, event: Json) -> None:
        async with self.database.transaction() as tx:
            if await tx.select("inbox", ("event_id", "=", event["event_id"])):
                return
        await super().charge(event)


class LocksTheRow(InventoryService):
    """Locks the row of the stock, then computes."""

    async def take(self, tx: Transaction, item: str, quantity: int) -> bool:
        rows = await tx.select("stock", ("item", "=", item), lock="update")
        if not rows or int(rows[0]["available"] or 0) < quantity:
            return False
        available, reserved = (int(rows[0][column] or 0) for column in ("available", "reserved"))
        changes = {"available": available - quantity, "reserved": reserved + quantity}
        return bool(await tx.update("stock", changes, ("item", "=", item)))


class ReservesFirst(InventoryService):
    """Writes the reservation, then takes the stock, and rolls both back if there is none."""

    async def reserve(self, event: Json) -> None:
        try:
            async with self.database.transaction() as tx:
                if not await self.inbox.first_time(tx, event["event_id"]):
                    return
                await self.write_reservation(tx, event)
                if not await self.take(tx, event["item"], event["quantity"]):
                    raise _TooFew
                await self.outbox.add(tx, "InventoryReserved", event)
        except _TooFew:
            async with self.database.transaction() as tx:
                if await self.inbox.first_time(tx, event["event_id"]):
                    await self.outbox.add(tx, "InventoryFailed", event)


class _TooFew(Exception):
    """There is not enough stock."""


class LooksFirst(NotificationService):
    """Mails under a key, but does not ask at all for what is marked as processed."""

    async def notify(self, event: Json) -> None:
        async with self.database.transaction() as tx:
            if await tx.select("processed", ("event_id", "=", event["event_id"])):
                return
        await super().notify(event)


class EverySecond(Subscription):
    """Commits the offset after every second record: a crash repeats at most one more."""

    async def _step(self, consumer: Consumer) -> None:
        try:
            record = await consumer.get()
        except TRANSIENT:
            await self._clock.sleep(self._config.retry_backoff_ms)
            return
        await self._process(record)
        if record.offset % 2:
            try:
                await consumer.commit(record)
            except (*TRANSIENT, CommitRejected):
                return


class CommitsEverySecond(NotificationService):
    """A consumer that commits seldom."""

    def make_subscription(self) -> Subscription:
        return EverySecond(self.ports, self.config, self.role, self.topics, self.on_event, self.letters)


class FinishesItsRecord(Subscription):
    """Lets the record in work end when it is stopped, for up to a second, before it leaves."""

    async def _process(self, record: Record) -> None:
        work = asyncio.ensure_future(super()._process(record))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait((work,), timeout=1)
            work.cancel()
            raise


class StopsGently(NotificationService):
    """A consumer that is not interrupted in the middle of a mail."""

    def make_subscription(self) -> Subscription:
        return FinishesItsRecord(self.ports, self.config, self.role, self.topics, self.on_event, self.letters)


class SweptKeys(LeasedKeys):
    """Deletes expired records that no request completed, before it claims."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        expired = (("status", "=", "RUNNING"), ("expires_ms", "<=", self._clock.now_ms()))
        async with self._database.transaction() as tx:
            await tx.delete("idempotency", ("key", "=", key), *expired)
        return await super().execute(key, body, answer, effect)


class RetiredKeys(LeasedKeys):
    """Forgets a finished key after forty-five seconds, and declares thirty: from then on it may."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        old = (("status", "=", "DONE"), ("expires_ms", "<=", self._clock.now_ms()))
        async with self._database.transaction() as tx:
            await tx.delete("idempotency", ("key", "=", key), *old)
        return await super().execute(key, body, answer, effect)

    async def _complete(self, key: str, owner: str, answer: Response, effect: Effect) -> Response:
        changes: Row = {
            "status": "DONE",
            "response": json.dumps([answer.status, answer.body]),
            "expires_ms": self._clock.now_ms() + 45_000,
        }
        async with self._database.transaction() as tx:
            if not await tx.update("idempotency", changes, *owned(key, owner)):
                return IN_PROGRESS
            await effect(tx)
        return answer


class ReopeningLetters(DeadLetters):
    """Takes a letter out of the list while it is handled, in one transaction with what becomes of it."""

    async def redrive(self, handle: Handle) -> Redriven:
        done = left = 0
        for event_id, payload in await self._open_letters():
            async with self._database.transaction() as tx:
                mine = await tx.select(
                    "dead_letters", ("event_id", "=", event_id), ("status", "=", "OPEN"), lock="skip_locked"
                )
                if not mine:
                    continue  # another redrive is at it
                try:
                    await handle(json.loads(payload))
                except (*RETRIED, *HOPELESS):
                    left += 1
                    continue
                await tx.update("dead_letters", {"status": "REDRIVEN"}, ("event_id", "=", event_id))
                done += 1
        return Redriven(done, left)


class RedrivesUnderLock(NotificationService):
    """Two redrives at once share the letters."""

    def make_letters(self) -> DeadLetters:
        return ReopeningLetters(self.ports, self.config, self.outbox, self.role)


class RedrivesNewestFirst(NotificationService):
    """Looks for its letters newest first, so that a hopeless old one waits for the others."""

    def make_letters(self) -> DeadLetters:
        return NewestFirst(self.ports, self.config, self.outbox, self.role)


class NewestFirst(DeadLetters):
    """Redrives all open letters, the newest first."""

    async def _open_letters(self) -> list[tuple[str, str]]:
        async with self._database.transaction() as tx:
            rows = await tx.select(
                "dead_letters", ("status", "=", "OPEN"), order_by=("-buried_ms", "event_id")
            )
        return [(str(row["event_id"]), str(row["payload"])) for row in rows]
