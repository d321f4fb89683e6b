"""A desk: it fetches the listing, and answers out of its own copy who is there."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response
from shaketable_targets.discovery.eureka_json import places_in
from shaketable_targets.discovery.settings import DESKS, REGISTRIES, Settings
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND

_NO_COPY = Response(503, {"error": "this desk has not been told yet who is there"})


class Desk:
    """Fetches from one registry, or from the other where that does not answer; keeps what it has where none does."""

    def __init__(self, ports: Ports, config: Config, settings: Settings) -> None:
        del config
        self.ports = ports
        self.settings = settings
        at = DESKS.index(ports.name) % len(REGISTRIES)
        self.registries = [*REGISTRIES[at:], *REGISTRIES[:at]]
        self.copy: list[Json] | None = None
        self._background = Background()

    async def start(self) -> None:
        self._background.run(self.fetch_for_ever(), f"{self.ports.name} fetches")

    async def stop(self) -> None:
        await self._background.stop()

    async def fetch_for_ever(self) -> None:
        """Fetch; before there is a first copy, more often."""
        while True:
            await self.fetch()
            waits_ms = self.settings.retry_ms if self.copy is None else self.settings.fetch_ms
            await self.ports.clock.sleep(waits_ms)

    async def fetch(self) -> None:
        for registry in self.registries:
            try:
                answer = await self.ports.http.request(
                    "GET", registry, "/eureka/apps", timeout_ms=self.settings.timeout_ms
                )
            except TRANSIENT:
                continue
            if answer.status == 200:
                self.copy = places_in(answer.body)
                return

    async def handle(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/instances":
                return _NO_COPY if self.copy is None else Response(200, {"instances": self.copy})
        return NOT_FOUND
