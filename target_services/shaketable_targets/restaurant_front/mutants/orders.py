"""Mistakes in what is asked at once and what is put off."""

from __future__ import annotations

import contextlib

from shaketable.ports import TRANSIENT, Response, Row, UniqueViolation
from shaketable_targets.restaurant_front.guarded import Unavailable
from shaketable_targets.restaurant_front.mails import MailWorker, NotTaken
from shaketable_targets.restaurant_front.orders import SENT, Orders
from shaketable_targets.restaurant_front.service import FrontService
from shaketable_targets.restaurant_front.settings import STOCK


class _SentAtOnce(Orders):
    worker: MailWorker

    async def take(self, order: str, item: str, quantity: int) -> Response:
        answer = await super().take(order, item, quantity)
        await self.send(order)
        return answer

    async def send(self, order: str) -> None:
        """Send its mail, and leave it to the worker if that fails."""
        with contextlib.suppress(NotTaken, *TRANSIENT):
            await self.worker.send(order)
            await self.worker.mark(order)


class MailsAtOnce(FrontService):
    """Sends the mail while the guest waits, as in https://github.com/mozilla/fxa-auth-server/issues/411."""

    orders_of: type[_SentAtOnce] = _SentAtOnce

    def make_orders(self) -> Orders:
        orders = self.orders_of(self.ports, self.outside[STOCK])
        orders.worker = self.make_worker()
        return orders


class _SentOrFailed(_SentAtOnce):
    async def send(self, order: str) -> None:
        await self.worker.send(order)
        await self.worker.mark(order)


class FailsWithTheMail(MailsAtOnce):
    """Fails where the mail fails, though the order is committed (https://github.com/onetimesecret/onetimesecret/issues/3486)."""

    orders_of = _SentOrFailed


class _SentAside(_SentAtOnce):
    def owed(self, order: str) -> Row:
        return {**super().owed(order), "status": SENT}


class OwesNothing(MailsAtOnce):
    """Sends the mail once and owes none: what fails is lost."""

    orders_of = _SentAside


class _Fragile(MailWorker):
    async def run(self) -> None:
        while True:
            await self.ports.clock.sleep(self.config.poll_interval_ms)
            await self.tick()


class DiesOfAnError(FrontService):
    """Its worker ends at the first mail that fails."""

    def make_worker(self) -> MailWorker:
        return _Fragile(self.ports, self.config)


class _Keyless(MailWorker):
    def key_of(self, order: str) -> str:
        return self.ports.new_id()


class MailsWithoutKey(FrontService):
    """Gives each attempt a key of its own, so that a mail whose answer was lost is sent twice."""

    def make_worker(self) -> MailWorker:
        return _Keyless(self.ports, self.config)


class MailsAskForStock(FrontService):
    """Asks for stock again before a mail, to say how much is left: no mail goes out while that is down."""

    def make_worker(self) -> MailWorker:
        front = self

        class Curious(MailWorker):
            async def send(self, order: str) -> None:
                try:
                    await front.outside[STOCK].get("/stock/s1", "")
                except Unavailable as error:
                    raise NotTaken(order) from error
                await super().send(order)

        return Curious(self.ports, self.config)


class _Hasty(Orders):
    async def place(self, order: str, item: str, quantity: int) -> Response:
        with contextlib.suppress(UniqueViolation):
            async with self.database.transaction() as tx:
                await tx.insert("mails", self.owed(order))
        return await super().place(order, item, quantity)

    async def take(self, order: str, item: str, quantity: int) -> Response:
        async with self.database.transaction() as tx:
            row: Row = {"id": order, "item": item, "quantity": quantity}
            await tx.insert("orders", row, on_conflict="ignore")
        return Response(201, {"order": order})


class OwesTooEarly(FrontService):
    """Owes the mail before it knows that there is stock: one that was refused is confirmed by mail."""

    def make_orders(self) -> Orders:
        return _Hasty(self.ports, self.outside[STOCK])
