"""Mistakes around LISTEN and NOTIFY: a wake-up that is lost, early, or taken for the whole truth."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, ConnectionLost, Json, Ports, Transaction
from shaketable_targets.order_system.order import RelaylessOrder
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.woken_relay import CHANNEL, WokenRelay


class ListensOnly(WokenRelay):
    """Reads only when it is notified: what commits while its connection is away waits for the next event.

    Met in commanded/eventstore (issue 309): the driver reconnects by itself, and what was notified meanwhile is gone.
    """

    async def run(self) -> None:
        while True:
            try:
                if self._listener is None:
                    self._listener = await self._database.listen(CHANNEL)
                while await self._listener.get(self._config.poll_interval_ms) is None:
                    pass
                while await self.tick():
                    pass
            except ConnectionLost:
                self._listener = None
            except TRANSIENT:
                await self._clock.sleep(self._config.retry_backoff_ms)


class WokenOnly(WokenRelay):
    """Reads as it begins to listen and whenever it is notified, and again while that fails: it never polls."""

    async def run(self) -> None:
        while True:
            await self.wait()
            while not await self.is_done():
                await self._clock.sleep(self._config.retry_backoff_ms)

    async def wait(self) -> None:
        try:
            if self._listener is None:
                self._listener = await self._database.listen(CHANNEL)
                return
            while await self._listener.get(self._config.poll_interval_ms) is None:
                pass
        except TRANSIENT:
            self._listener = None
            await self._clock.sleep(self._config.retry_backoff_ms)

    async def is_done(self) -> bool:
        """Read until no row is left; False if one is."""
        try:
            while await self.tick():
                pass
            async with self._database.transaction() as tx:
                return not await self._pending(tx)
        except TRANSIENT:
            return False


class EarlyOutbox(Outbox):
    """Notifies on a connection of its own, in front of the COMMIT."""

    __slots__ = ("_database",)

    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._database = ports.database

    async def put(self, tx: Transaction, topic: str, event: Json, event_id: str = "") -> None:
        await super().put(tx, topic, event, event_id)
        async with self._database.transaction() as other:
            await other.notify(CHANNEL)


class NotifiesEarly(RelaylessOrder):
    """Notifies in a transaction of its own before the event commits: the relay wakes, finds nothing, and sleeps on.

    Met in ansible/awx (pull request 12573): its publisher had a connection of its own, outside the transaction that it told of.
    """

    def make_outbox(self) -> Outbox:
        return EarlyOutbox(self.ports)


class ListensOnce(WokenOnly):
    """Makes a new connection when the one that listened is lost, reads once, and never says LISTEN on it.

    Met in dbos-inc/dbos-transact-golang (issue 94), and typelevel/skunk (pull request 1323): a listener that outlives its connection
    waits for ever.
    """

    _has_listened = _is_deaf = False

    async def wait(self) -> None:
        while self._is_deaf:
            await self._clock.sleep(self._config.poll_interval_ms)
        await super().wait()
        self._is_deaf = self._has_listened and self._listener is None
        self._has_listened = self._listener is not None
