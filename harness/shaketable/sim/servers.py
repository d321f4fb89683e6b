"""The servers of one run: databases, broker, cache and external parties, wired to the parties' power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shaketable.fault import Partition
from shaketable.history import Event, History, Json, Kind
from shaketable.roles import Roles
from shaketable.sim.broker.broker import Broker
from shaketable.sim.broker.port import BrokerPort
from shaketable.sim.cache.cache import Cache
from shaketable.sim.cache.port import CachePort
from shaketable.sim.database import DatabasePort, DatabaseServer
from shaketable.sim.loop import SimLoop
from shaketable.sim.power import CLIENT, Parties, PartyServer
from shaketable.sim.process import EPOCH_MS, Incarnation
from shaketable.sim.sim_channel import SimChannel
from shaketable.sim.wire import Wire
from shaketable.subject import System

KAFKA = "kafka"
REDIS = "redis"

OpenChannel = Callable[[str], SimChannel]


def _nothing() -> None:
    """What a server does whose state survives a power cut by itself."""


@dataclass(frozen=True, slots=True)
class _Ledger:
    """An external party's ledger: what it records is an effect in the history."""

    name: str
    oracle: Callable[[Kind, str, str, Json], None]

    def record(self, name: str, value: Json) -> None:
        self.oracle("effect", self.name, name, value)


def roles_of(system: System) -> Roles:
    """The parties of `system` here: broker and cache are always there."""
    servers = (*(spec.server for spec in system.databases), *(external.name for external in system.externals))
    return Roles(((part.name, part.role) for part in system.parts), (CLIENT, *servers, KAFKA, REDIS))


class Servers:
    """Builds the models, gives out ports to them, and tells them when a process falls silent or is lost."""

    def __init__(self, system: System, loop: SimLoop, history: History, wire: Wire, parties: Parties) -> None:
        self._system = system
        self._loop = loop
        self._history = history
        self._wire = wire
        self._parties = parties
        self._databases = self._make_databases()
        self._broker = Broker(
            system.topics,
            errors=system.errors,
            oracle=self._oracle,
            call_later=loop.call_after,
            is_responsive=self._is_responsive,
            session_timeout_ms=system.session_timeout_ms,
        )
        self._cache = Cache(lambda: EPOCH_MS + loop.now_ms)
        self._server_of = {spec.name: spec.server for spec in system.databases}
        for external in system.externals:
            parties.externals[external.name] = external.make(_Ledger(external.name, self._oracle))
            self._add(external.name)
        self._add(KAFKA, self._broker.sessions.suspend, self._broker.sessions.resume)
        self._add(REDIS, self._forget_cache)

    # -- ports -------------------------------------------------------------------------------------------

    def database_port(self, open_channel: OpenChannel, database: str) -> DatabasePort:
        """The port of the one database a part connects to; a part without one gets a port that reaches none."""
        server = self._server_of.get(database, "")
        model = self._databases.get(server, self._nowhere)
        return DatabasePort(
            model, database, open_channel(server or self._nowhere.name), polls=self._system.polls
        )

    def broker_port(self, open_channel: OpenChannel) -> BrokerPort:
        return BrokerPort(open_channel(KAFKA), self._broker, self._system.errors, self._loop.sleep)

    def cache_port(self, open_channel: OpenChannel) -> CachePort:
        return CachePort(open_channel(REDIS), self._cache, self._oracle)

    def close(self) -> None:
        """The run is over: nobody reaches rows or records through a port any more, whoever still keeps one."""
        self._broker.close()
        for server in self._databases.values():
            server.close()

    # -- what happens to them ----------------------------------------------------------------------------

    def process_lost(self, incarnation: Incarnation) -> None:
        """A process lost power: its connections are gone at once, its group members only after their timeout."""
        for server in self._databases.values():
            server.disconnect(incarnation.name)
        self._broker.sessions.silent(incarnation.name)

    def reachability_changed(self, process: str) -> None:
        if self._is_responsive(process):
            self._broker.sessions.back(process)
        else:
            self._broker.sessions.silent(process)

    def _forget_cache(self) -> None:
        """A power cut: services use the cache without persistence."""
        self._cache.lose()

    def lose_cache(self, service: str) -> bool:
        if service != REDIS:
            return False
        self._cache.lose()
        return True

    # -- the inside --------------------------------------------------------------------------------------

    def _make_databases(self) -> dict[str, DatabaseServer]:
        make_future = self._loop.create_future
        names = dict.fromkeys(spec.server for spec in self._system.databases)
        servers = {
            name: DatabaseServer(
                name,
                [spec for spec in self._system.databases if spec.server == name],
                oracle=self._oracle,
                make_future=make_future,
                errors=self._system.errors,
            )
            for name in names
        }
        self._nowhere = DatabaseServer(
            "nowhere", (), oracle=self._oracle, make_future=make_future, errors=self._system.errors
        )
        for name, server in servers.items():
            self._add(name, server.crash)
            server.announce()
        return servers

    def _add(
        self, name: str, on_crash: Callable[[], None] = _nothing, on_return: Callable[[], None] = _nothing
    ) -> None:
        self._parties.servers[name] = PartyServer(name, on_crash, on_return)

    def _is_responsive(self, process: str) -> bool:
        incarnation = self._parties.processes[process].incarnation
        if incarnation is None or incarnation.paused:
            return False
        return not any(isinstance(s.fault, Partition) for s in self._wire.link(process, KAFKA))

    def _oracle(self, kind: Kind, process: str, name: str, value: Json) -> None:
        events = self._history.events
        events.append(Event(len(events), self._loop.now_ms, kind, process, name, value))
