"""Saving and sending without an outbox (seed document, section 4, why the pattern is needed)."""

from __future__ import annotations

from shaketable.ports import Json, Ports, Transaction
from shaketable_targets.order_system.order import RelaylessOrder
from shaketable_targets.order_system.outbox import Outbox


class NoOutbox(Outbox):
    """Sends inside the transaction instead of writing a row.

    A send that fails loses the event of a saved order; a commit that fails leaves an event of no order.
    """

    __slots__ = ("_broker",)

    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self._broker = ports.broker

    async def put(self, tx: Transaction, topic: str, event: Json, event_id: str = "") -> None:
        self._broker.send_later(topic, event["order"], event)


class DualWriteOrder(RelaylessOrder):
    """The order service without an outbox."""

    def make_outbox(self) -> Outbox:
        return NoOutbox(self.ports)
