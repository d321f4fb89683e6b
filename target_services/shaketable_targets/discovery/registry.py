"""A registry: one of two replicas that answer alike."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response
from shaketable_targets.discovery.eureka_json import applications_json, instances_in
from shaketable_targets.discovery.leases import Key, Lease, Leases, stamp_of
from shaketable_targets.discovery.replication import REPLICATION, STAMP, Change, Replication
from shaketable_targets.discovery.settings import REGISTRIES, Settings
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND

WARMING_UP = Response(503, {"error": "this registry has just started and knows too little"})
_OK, _NO_CONTENT = Response(200), Response(204)


class Registry:
    """Keeps leases in memory: after a start it learns them from its replica, or waits until all have come by."""

    def __init__(self, ports: Ports, config: Config, settings: Settings) -> None:
        del config
        self.ports = ports
        self.settings = settings
        self.leases = self.make_leases()
        self.knows_enough = False
        self.peers = {name: self.way_to(name) for name in REGISTRIES if name != ports.name}
        self._background = Background()

    def make_leases(self) -> Leases:
        return Leases(self.settings.lease_factor)

    def way_to(self, peer: str) -> Replication:
        return Replication(self.ports, self.settings, peer)

    def now_ms(self) -> int:
        """Return the time of leases, by a clock that never steps."""
        return self.ports.clock.monotonic_ms()

    # -- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._background.run(self.warm_up(), f"{self.ports.name} warms up")
        self._background.run(self.sweep_for_ever(), f"{self.ports.name} sweeps")
        for peer, way in self.peers.items():
            self._background.run(way.run(), f"{self.ports.name} tells {peer}")

    async def stop(self) -> None:
        await self._background.stop()

    async def warm_up(self) -> None:
        """Learn from a replica; where there is none, answer once every live instance had to send a heartbeat."""
        clock, settings = self.ports.clock, self.settings
        until_ms = clock.monotonic_ms() + settings.warm_up_ms
        while not await self.learn() and clock.monotonic_ms() < until_ms:
            await clock.sleep(settings.retry_ms)
        self.knows_enough = True

    async def learn(self) -> bool:
        """Take over what a replica knows; tell whether one answered."""
        for peer in self.peers:
            try:
                answer = await self.ports.http.request(
                    "GET",
                    peer,
                    "/eureka/apps",
                    None,
                    {REPLICATION: "true"},
                    timeout_ms=self.settings.timeout_ms,
                )
            except TRANSIENT:
                continue
            if answer.status == 200:
                for instance in instances_in(answer.body):
                    self.leases.register(key_of(instance), instance, self.now_ms())
                return True
        return False

    async def sweep_for_ever(self) -> None:
        while True:
            await self.ports.clock.sleep(self.settings.sweep_ms)
            self.sweep()

    def sweep(self) -> None:
        """Evict whose lease has run out; nothing if too many do not renew theirs and self-preservation is on."""
        settings, now_ms = self.settings, self.now_ms()
        if settings.preserves:
            lately = self.leases.renewed_percent(now_ms, 2 * settings.heartbeat_ms)
            if lately < settings.preserved_percent:
                return
        for key in self.leases.expired(now_ms):
            del self.leases.held[key]
        self.leases.forget(now_ms - 2 * settings.lease_ms)

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        stamp = _number(request.headers.get(STAMP))
        is_copy = request.headers.get(REPLICATION) == "true"
        match request.method, request.path.strip("/").split("/")[1:]:
            case "POST", ["apps", _]:
                instance = request.body["instance"]
                return self.register(key_of(instance), instance, is_copy=is_copy)
            case "PUT", ["apps", app, id_]:
                return self.heartbeat((app, id_), stamp, is_copy=is_copy)
            case "DELETE", ["apps", app, id_]:
                return self.deregister((app, id_), stamp, is_copy=is_copy)
            case "GET", ["apps", *which]:
                return self.listing(tuple(which)) if self.knows_enough else WARMING_UP
        return NOT_FOUND

    def register(self, key: Key, instance: Json, *, is_copy: bool) -> Response:
        if self.leases.register(key, instance, self.now_ms()) and not is_copy:
            self.tell(Change("POST", key, stamp_of(instance), instance))
        return _NO_CONTENT

    def heartbeat(self, key: Key, stamp: int, *, is_copy: bool) -> Response:
        if not self.leases.renew(key, stamp, self.now_ms()):
            return NOT_FOUND
        if not is_copy:
            lease = self.leases.held[key]
            self.tell(Change("PUT", key, lease.stamp, lease.instance))
        return _OK

    def deregister(self, key: Key, stamp: int, *, is_copy: bool) -> Response:
        was_there = self.leases.cancel(key, stamp, self.now_ms())
        if not is_copy and (was_there or stamp):
            self.tell(Change("DELETE", key, stamp))
        return _OK if was_there else NOT_FOUND

    def listing(self, which: tuple[str, ...]) -> Response:
        """Answer with all instances, those of one application, or a single one."""
        found = {key: lease for key, lease in self.leases.held.items() if key[: len(which)] == which}
        if len(which) == 2:
            return (
                Response(200, {"instance": self.shown(found[which]).instance})
                if which in found
                else NOT_FOUND
            )
        listing = applications_json(self.shown(lease).instance for lease in found.values())
        if which:
            applications = listing["applications"]["application"]
            return Response(200, {"application": applications[0]}) if applications else NOT_FOUND
        return Response(200, listing)

    def shown(self, lease: Lease) -> Lease:
        """Do what comes with showing a lease: nothing."""
        return lease

    def tell(self, change: Change) -> None:
        for way in self.peers.values():
            way.tell(change)


def key_of(instance: Json) -> Key:
    """Return what tells an instance apart: by its id, wherever it is."""
    return str(instance["app"]), str(instance["instanceId"])


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
