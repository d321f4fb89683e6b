"""An instance of a service: it registers where it is, says again and again that it lives, and takes leave."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response
from shaketable_targets.discovery.eureka_json import instance_json
from shaketable_targets.discovery.replication import STAMP
from shaketable_targets.discovery.settings import APP, MEMBERS, PLATFORM, REGISTRIES, Settings
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND

_NO_REGISTRY = Response(503, {"error": "no registry has answered"})
_REGISTRATIONS_MAX = 1_000
"""A stamp is the generation of a start and the number of a registration: no wall clock, which may be set back."""


class Member:
    """Registers at one registry, which tells the other; where it does not answer, at that one."""

    def __init__(self, ports: Ports, config: Config, settings: Settings) -> None:
        del config
        self.ports = ports
        self.settings = settings
        at = MEMBERS.index(ports.name) % len(REGISTRIES)
        self.registries = [*REGISTRIES[at:], *REGISTRIES[:at]]
        self.path = f"/eureka/apps/{APP}/{ports.name}"
        self.address = ""
        self.stamp = 0
        self.is_in = True
        self.is_registered = False
        self._background = Background()

    # -- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._background.run(self.live(), f"{self.ports.name} lives")

    async def stop(self) -> None:
        """End without a word, as a process does that is killed: its lease runs out."""
        await self._background.stop()

    async def live(self) -> None:
        await self.be_placed()
        while True:
            await self.beat()
            await self.ports.clock.sleep(self.settings.heartbeat_ms)

    async def be_placed(self) -> None:
        """Ask where this start is until the platform has answered: the same each time that one start asks."""
        key = {"idempotency-key": self.ports.new_id()}
        while not self.address:
            try:
                answer = await self.request(
                    "POST", PLATFORM, "/addresses", {"instance": self.ports.name}, key
                )
                if answer.status == 200:
                    self.address, self.stamp = (
                        answer.body["address"],
                        answer.body["generation"] * _REGISTRATIONS_MAX,
                    )
                    return
            except TRANSIENT:
                pass
            await self.ports.clock.sleep(self.settings.retry_ms)

    async def beat(self) -> None:
        """Say that this instance lives; register where that is news, unless it has taken leave meanwhile."""
        if self.is_in and self.is_registered:
            answer = await self.anywhere("PUT", self.path)
            self.is_registered = answer is None or answer.status != 404
        if self.is_in and not self.is_registered:
            await self.register()

    async def register(self) -> bool:
        """Register; tell whether a registry has taken it."""
        stamp = self.stamp = self.next_stamp()
        answer = await self.anywhere("POST", f"/eureka/apps/{APP}", {"instance": self.instance(stamp)})
        if stamp == self.stamp:
            self.is_registered = answer is not None and answer.status == 204
        return self.is_registered

    def next_stamp(self) -> int:
        return self.stamp + 1

    def instance(self, stamp: int) -> Json:
        beats_s = self.settings.heartbeat_ms // 1_000
        return instance_json(
            APP, self.ports.name, self.address, stamp, beats_s=beats_s, lasts_s=self.settings.duration_s
        )

    async def anywhere(self, method: str, path: str, body: Json = None) -> Response | None:
        """Ask one registry after the other until one answers; stay with that one. None if none does."""
        for registry in list(self.registries):
            try:
                answer = await self.request(method, registry, path, body, {STAMP: str(self.stamp)})
            except TRANSIENT:
                continue
            if answer.status < 500:
                self.registries.sort(key=lambda name: name != registry)
                return answer
        return None

    async def request(
        self, method: str, party: str, path: str, body: Json, headers: dict[str, str]
    ) -> Response:
        return await self.ports.http.request(
            method, party, path, body, headers, timeout_ms=self.settings.timeout_ms
        )

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        match request.method, request.path:
            case "POST", "/leave":
                return await self.leave()
            case "POST", "/join":
                return await self.join()
        return NOT_FOUND

    async def leave(self) -> Response:
        """Take leave: no heartbeat follows, and what is on its way already is of an earlier registration."""
        if not self.address:
            return _NO_REGISTRY
        self.is_in = self.is_registered = False
        answer = await self.anywhere("DELETE", self.path)
        return _NO_REGISTRY if answer is None else Response(200, {"left": self.ports.name})

    async def join(self) -> Response:
        """Register again, as something new."""
        if not self.address:
            return _NO_REGISTRY
        self.is_in = True
        return Response(200, {"joined": self.ports.name}) if await self.register() else _NO_REGISTRY
