"""A relay that is woken by NOTIFY as an event commits, and polls all the same: a notification is lost with its connection."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Listener, Ports, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.order import RelaylessOrder
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.skip_locked_relay import SkipLockedRelay

CHANNEL = "outbox"


class WakingOutbox(Outbox):
    """Notifies in the transaction that writes the event row: PostgreSQL delivers it when that commits, and only then.

    The payload is empty. However many events one transaction has, one notification is enough to read them all.
    """

    __slots__ = ()

    async def put(self, tx: Transaction, topic: str, event: Json, event_id: str = "") -> None:
        await super().put(tx, topic, event, event_id)
        await tx.notify(CHANNEL)


class WakingOrder(RelaylessOrder):
    """An order service that wakes the relays."""

    def make_outbox(self) -> Outbox:
        return WakingOutbox(self.ports)


class WokenRelay(SkipLockedRelay):
    """Listens, then reads: what commits while it reads wakes it again. At the latest it reads after `poll_interval_ms`.

    Which relay is woken decides nothing: all of them are, and rows are claimed as by any relay that polls.
    """

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters)
        self._listener: Listener | None = None

    async def run(self) -> None:
        while True:
            await self.wait()
            try:
                while await self.tick():
                    pass
            except TRANSIENT:
                continue  # rows without a mark are still PENDING, and the next tick reads them

    async def wait(self) -> None:
        """Wait for a notification, one poll interval at most.

        A connection that was lost is made anew, and then there may be work already: what committed meanwhile woke no relay.
        """
        try:
            if self._listener is None:
                self._listener = await self._database.listen(CHANNEL)
            else:
                await self._listener.get(self._config.poll_interval_ms)
        except TRANSIENT:
            self._listener = None
            await self._clock.sleep(self._config.retry_backoff_ms)
