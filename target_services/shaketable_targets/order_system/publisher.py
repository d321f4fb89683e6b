"""Publishing one outbox row."""

from __future__ import annotations

import json

from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.ports import Json, Ports, Row


class Publisher:
    """Sends a row and returns only once the broker has confirmed it."""

    __slots__ = ("_broker", "_bytes_max")

    def __init__(self, ports: Ports, config: Config) -> None:
        self._broker = ports.broker
        self._bytes_max = config.event_bytes_max

    async def publish(self, row: Row) -> None:
        """Raises Unpublishable if the broker can never take it, a transient error if it did not confirm."""
        await self._broker.send(str(row["topic"]), str(row["aggregate"]), self.readable(row))

    def readable(self, row: Row) -> Json:
        """The row's event, or Unpublishable."""
        payload = str(row["payload"])
        if len(payload) > self._bytes_max:
            raise Unpublishable(f"{len(payload)} bytes, the broker takes {self._bytes_max}")
        return json.loads(payload)
