"""What one replica tells the other: the latest of each instance, again and again until it is acknowledged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from shaketable.ports import TRANSIENT, Json, Ports
from shaketable_targets.discovery.leases import Key
from shaketable_targets.discovery.settings import Settings

REPLICATION = "x-netflix-discovery-replication"
STAMP = "last-dirty-timestamp"


@dataclass(frozen=True, slots=True)
class Change:
    """A request that a client made, for the other replica. A heartbeat may be lost: the next one says the same."""

    method: str
    key: Key
    stamp: int
    instance: Json = None

    @property
    def path(self) -> str:
        app, id_ = self.key
        return f"/eureka/apps/{app}" if self.method == "POST" else f"/eureka/apps/{app}/{id_}"


class Replication:
    """The way to one other replica."""

    def __init__(self, ports: Ports, settings: Settings, peer: str) -> None:
        self._ports, self._settings, self._peer = ports, settings, peer
        self._due: dict[Key, Change] = {}
        self._something = asyncio.Event()

    def tell(self, change: Change) -> None:
        """Tell the other replica soon; of one instance only the latest, but a heartbeat says less than what is still due."""
        if change.method != "PUT" or change.key not in self._due:
            self._due[change.key] = change
        self._something.set()

    async def run(self) -> None:
        """Tell what is due, one after the other."""
        while True:
            await self._something.wait()
            self._something.clear()
            for change in list(self._due.values()):
                if not await self._tell(change):
                    self._something.set()
                    await self._ports.clock.sleep(self._settings.retry_ms)
                    break

    async def _tell(self, change: Change) -> bool:
        try:
            status = await self._send(change)
        except TRANSIENT:
            status = 503
        if status == 503 and change.method != "PUT":
            return False
        if self._due.get(change.key) is change:
            del self._due[change.key]
        if status == 404 and change.method == "PUT" and change.instance is not None:
            self.tell(Change("POST", change.key, change.stamp, change.instance))
        return True

    async def _send(self, change: Change) -> int:
        headers = {REPLICATION: "true", STAMP: str(change.stamp)}
        body = {"instance": change.instance} if change.method == "POST" else None
        answer = await self._ports.http.request(
            change.method, self._peer, change.path, body, headers, timeout_ms=self._settings.timeout_ms
        )
        return answer.status
