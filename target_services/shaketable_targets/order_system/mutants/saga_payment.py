"""Mistakes in the payment service."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from shaketable.ports import TRANSIENT, CommitRejected, Consumer, Json, Timeout
from shaketable_targets.order_system.as_listed.partner import UnkeyedPartner
from shaketable_targets.order_system.failures import RETRIED
from shaketable_targets.order_system.partner import Partner
from shaketable_targets.order_system.payment import PaymentService
from shaketable_targets.order_system.subscription import Subscription


class NoProviderKey(PaymentService):
    """Asks again after a timeout without a key, and charges again."""

    def make_provider(self) -> Partner:
        return UnkeyedPartner(self.ports, self.config, "provider")


class KeyPerAmount(PaymentService):
    """Makes the key from the amount instead of the order: a second order of that amount is not charged."""

    async def ask_charge(self, event: Json) -> bool:
        body = {"order": event["order"], "amount": event["amount"]}
        return await self.provider.ask("/charges", body, f"charge-{event['amount']}")


class KeyPerInstance(PaymentService):
    """Puts its own name into the key, to tell instances apart: the one that takes over a charge charges again."""

    async def ask_charge(self, event: Json) -> bool:
        body = {"order": event["order"], "amount": event["amount"]}
        return await self.provider.ask("/charges", body, f"charge-{self.ports.name}-{event['order']}")


class TimeoutMeansDeclined(PaymentService):
    """Treats a timeout as a refusal."""

    async def ask_charge(self, event: Json) -> bool:
        try:
            return await super().ask_charge(event)
        except Timeout:
            return False


class RefundAskedOnce(PaymentService):
    """Reports the refund as done when it was merely asked for."""

    async def ask_refund(self, event: Json) -> None:
        try:
            await super().ask_refund(event)
        except RETRIED:
            return


class RefundDeletes(PaymentService):
    """Undoes a payment by removing its row, as a rollback would."""

    async def write_refund(self, event: Json) -> None:
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            if await tx.delete("payments", ("order", "=", event["order"])):
                await self.outbox.add(tx, "PaymentRefunded", event)


class RefundWithFreshKey(PaymentService):
    """Makes a new key for every attempt at a refund: after a lost answer it refunds again."""

    async def ask_refund(self, event: Json) -> None:
        order = event["order"]
        body = {"order": order, "amount": event["amount"]}
        await self.provider.ask("/refunds", body, f"refund-{order}-{self.ports.new_id()}")


class CommitFirstSubscription(Subscription):
    """Commits the offset before the work, to be done with it."""

    __slots__ = ()

    async def _step(self, consumer: Consumer) -> None:
        record = await consumer.get()
        try:
            await consumer.commit(record)
        except (*TRANSIENT, CommitRejected):
            pass  # it is in memory, so it will be handled anyway
        await self._process(record)


class CommitFirst(PaymentService):
    """Auto-commit, in effect: a crash during the work loses the event."""

    def make_subscription(self) -> Subscription:
        topics: Sequence[str] = self.topics
        return CommitFirstSubscription(
            self.ports, self.config, self.role, topics, self.on_event, self.letters
        )


class UnguardedSubscription(Subscription):
    """Lets a refused commit end the loop."""

    __slots__ = ()

    async def _step(self, consumer: Consumer) -> None:
        record = await consumer.get()
        await self._process(record)
        with suppress(*TRANSIENT):
            await consumer.commit(record)


class EndsAtARefusedCommit(PaymentService):
    """Reads no more once a commit was refused, though it is up and says that it is well.

    Met wherever a poll loop lets CommitFailedException through: one record that takes longer than max.poll.interval.ms ends the thread.
    """

    def make_subscription(self) -> Subscription:
        topics: Sequence[str] = self.topics
        return UnguardedSubscription(self.ports, self.config, self.role, topics, self.on_event, self.letters)
