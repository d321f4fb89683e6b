"""Registries, instances and desks that keep every promise and are built unlike the shipped ones."""

from __future__ import annotations

import asyncio

from shaketable.ports import Json, Ports, Response
from shaketable_patterns.discovery.profile import HARDENED
from shaketable_patterns.discovery.subjects import subject_of
from shaketable_patterns.discovery.system import discovery
from shaketable_targets.discovery.desk import Desk
from shaketable_targets.discovery.leases import Leases
from shaketable_targets.discovery.member import Member
from shaketable_targets.discovery.registry import Registry
from shaketable_targets.discovery.replication import Replication
from shaketable_targets.discovery.settings import REGISTRIES, Settings
from shaketable_targets.order_system.config import Config


class EvictsWhenAsked(Registry):
    """Sweeps whenever it is asked for anything, and never by itself."""

    async def sweep_for_ever(self) -> None:
        await asyncio.Event().wait()

    def listing(self, which: tuple[str, ...]) -> Response:
        self.sweep()
        return super().listing(which)


class ByExpiry(Leases):
    """Keeps when each lease ends, rather than when it was renewed."""

    def __init__(self, factor: int) -> None:
        super().__init__(factor)
        self.ends_ms: dict[tuple[str, str], int] = {}

    def register(self, key: tuple[str, str], instance: Json, now_ms: int) -> bool:
        is_taken = super().register(key, instance, now_ms)
        if is_taken:
            self.ends_ms[key] = now_ms + self.held[key].duration_ms * self._factor
        return is_taken

    def renew(self, key: tuple[str, str], stamp: int, now_ms: int) -> bool:
        is_known = super().renew(key, stamp, now_ms)
        if is_known:
            self.ends_ms[key] = now_ms + self.held[key].duration_ms * self._factor
        return is_known

    def expired(self, now_ms: int) -> list[tuple[str, str]]:
        return [key for key in self.held if self.ends_ms[key] < now_ms]


class KeepsEnds(Registry):
    """Is given the ends of leases."""

    def make_leases(self) -> Leases:
        return ByExpiry(self.settings.lease_factor)


class InBatches(Replication):
    """Collects for half a second before it tells the other replica."""

    async def run(self) -> None:
        await self._ports.clock.sleep(500)
        await super().run()

    async def _tell(self, change: Json) -> bool:
        await self._ports.clock.sleep(100)
        return await super()._tell(change)


class TellsInBatches(Registry):
    """Tells the other replica a bit later."""

    def way_to(self, peer: str) -> Replication:
        return InBatches(self.ports, self.settings, peer)


class RegistersEachTime(Member):
    """Registers anew instead of a heartbeat: a registration renews the lease, too."""

    async def beat(self) -> None:
        if self.is_in:
            await self.register()


class BeatsTwice(Member):
    """Sends its heartbeats twice as often as it declares."""

    async def live(self) -> None:
        await self.be_placed()
        while True:
            await self.beat()
            await self.ports.clock.sleep(self.settings.heartbeat_ms // 2)


class TakesTurns(Desk):
    """Fetches from another registry each time."""

    def __init__(self, ports: Ports, config: Config, settings: Settings) -> None:
        super().__init__(ports, config, settings)
        self.turns = 0

    async def fetch(self) -> None:
        self.turns += 1
        self.registries = [*REGISTRIES[self.turns % 2 :], *REGISTRIES[: self.turns % 2]]
        await super().fetch()


CORRECT = [
    subject_of("discovery/evicts-when-asked", discovery(registry=EvictsWhenAsked), HARDENED, ""),
    subject_of("discovery/keeps-ends", discovery(registry=KeepsEnds), HARDENED, ""),
    subject_of("discovery/tells-in-batches", discovery(registry=TellsInBatches), HARDENED, ""),
    subject_of("discovery/registers-each-time", discovery(member=RegistersEachTime), HARDENED, ""),
    subject_of("discovery/beats-twice", discovery(member=BeatsTwice), HARDENED, ""),
    subject_of("discovery/takes-turns", discovery(desk=TakesTurns), HARDENED, ""),
]
