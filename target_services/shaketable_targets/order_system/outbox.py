"""The transactional outbox: an event is a row of the transaction that decided it."""

from __future__ import annotations

import json

from shaketable.ports import Json, Ports, Transaction
from shaketable_targets.order_system.events import TOPIC_OF, event_of


class Outbox:
    """Writes event rows. A relay publishes them later, so nothing here can fail on the broker."""

    __slots__ = ("_clock", "_new_id")

    def __init__(self, ports: Ports) -> None:
        self._clock = ports.clock
        self._new_id = ports.new_id

    async def add(self, tx: Transaction, kind: str, order: Json) -> None:
        """Announce `kind` about `order`, if and only if `tx` commits.

        The caller must have locked or inserted the order's own row before: then ids grow in the order of commits within
        an aggregate, and publishing by id keeps that order (OB-6).
        """
        event = event_of(self._new_id(), kind, order)
        await self.put(tx, TOPIC_OF[kind], event)

    async def put(self, tx: Transaction, topic: str, event: Json, event_id: str = "") -> None:
        """Publish `event` on `topic`, if and only if `tx` commits."""
        await tx.insert(
            "outbox",
            {
                "event_id": event_id or event["event_id"],
                "aggregate": event["order"],
                "type": event["type"],
                "topic": topic,
                "payload": json.dumps(event),
                "status": "PENDING",
                "created_ms": self._clock.now_ms(),
                "owner": "",
                "attempts": 0,
            },
        )
