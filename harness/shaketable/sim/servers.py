"""The servers of one run: databases, broker, cache and external parties, each a model in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from shaketable.access import NoteAccess
from shaketable.history import Event, History, Json, Kind
from shaketable.network.replica_roles import Roles
from shaketable.sim.broker.broker import Broker
from shaketable.sim.broker.port import BrokerPort
from shaketable.sim.broker.recorded import RecordedBroker
from shaketable.sim.cache.cache import Cache
from shaketable.sim.cache.port import CachePort
from shaketable.sim.cache.recorded import RecordedCachePort
from shaketable.sim.channel import OpenChannel, Oracle
from shaketable.sim.clock import EPOCH_MS
from shaketable.sim.database import DatabasePort, DatabaseServer
from shaketable.sim.loop import SimLoop
from shaketable.sim.orders.row_race import RowRace
from shaketable.sim.process import CLIENT, Process
from shaketable.sim.wire import Wire
from shaketable.subject import System

KAFKA = "kafka"
REDIS = "redis"


@dataclass(frozen=True, slots=True)
class _Ledger:
    """An external party's ledger: what it records is an effect in the history."""

    name: str
    oracle: Oracle

    def record(self, name: str, value: Json) -> None:
        self.oracle("effect", self.name, name, value)


def roles_of(system: System) -> Roles:
    """Return the roles of all parties of `system` in this world, where broker and cache always exist."""
    servers = (*(spec.server for spec in system.databases), *(external.name for external in system.externals))
    return Roles(((part.name, part.role) for part in system.parts), (CLIENT, *servers, KAFKA, REDIS))


class Servers:
    """Holds the models, makes ports to them, and tells them of lost power and of processes that fall silent."""

    def __init__(
        self,
        system: System,
        loop: SimLoop,
        history: History,
        wire: Wire,
        processes: Mapping[str, Process],
        note: NoteAccess | None = None,
    ) -> None:
        """Build every model; the initial rows of the databases are written into the history.

        With `note` the models are those that tell each access; without it nothing is asked on the way.
        """

        def is_responsive(process: str) -> bool:
            return processes[process].is_running and not wire.is_partitioned(process, KAFKA)

        oracle = _oracle(loop, history)
        self._system = system
        self._loop = loop
        self._oracle = oracle
        self._note = note
        self._is_responsive = is_responsive
        self._server_of = {spec.name: spec.server for spec in system.databases}
        self._databases = {
            name: DatabaseServer(
                name,
                [spec for spec in system.databases if spec.server == name],
                oracle=oracle,
                make_future=loop.create_future,
                race=None if wire.order is None else RowRace(wire.order),
                errors=system.errors,
                note=note,
            )
            for name in dict.fromkeys(self._server_of.values())
        }
        self._nowhere = DatabaseServer(
            "nowhere", (), oracle=oracle, make_future=loop.create_future, errors=system.errors
        )
        for server in self._databases.values():
            server.announce()
        make_broker = Broker if note is None else partial(RecordedBroker, note)
        self._broker = make_broker(
            system.topics,
            errors=system.errors,
            oracle=oracle,
            call_later=loop.call_after,
            is_responsive=is_responsive,
            session_timeout_ms=system.session_timeout_ms,
        )
        self._cache = Cache(lambda: EPOCH_MS + loop.virtual_ms)
        self.externals = {
            external.name: external.make(_Ledger(external.name, oracle)) for external in system.externals
        }
        self.names = tuple(dict.fromkeys((*self._databases, *self.externals, KAFKA, REDIS)))

    # -- ports -------------------------------------------------------------------------------------------

    def database_port(self, open_channel: OpenChannel, database: str) -> DatabasePort:
        """Make the port of the one database a part connects to; without one the port reaches nothing."""
        model = self._databases.get(self._server_of.get(database, ""), self._nowhere)
        return DatabasePort(model, database, open_channel(model.name), polls=self._system.polls)

    def broker_port(self, open_channel: OpenChannel) -> BrokerPort:
        """Make a port to the broker."""
        return BrokerPort(open_channel(KAFKA), self._broker, self._system.errors, self._loop.sleep)

    def cache_port(self, open_channel: OpenChannel) -> CachePort:
        """Make a port to the cache."""
        if self._note is not None:
            return RecordedCachePort(open_channel(REDIS), self._cache, self._oracle, self._note)
        return CachePort(open_channel(REDIS), self._cache, self._oracle)

    def close(self) -> None:
        """Drop all rows and records: no port reaches them any more, even one that outlives the run."""
        self._broker.close()
        for server in self._databases.values():
            server.close()

    # -- what happens to them ----------------------------------------------------------------------------

    def lose_power(self, name: str) -> None:
        """Cut the power of one server. Databases and broker keep what is on disk; the cache has no disk."""
        if name in self._databases:
            self._databases[name].crash()
        elif name == KAFKA:
            self._broker.sessions.suspend()
        elif name == REDIS:
            self._cache.lose()

    def regain_power(self, name: str) -> None:
        """Give one server its power back."""
        if name == KAFKA:
            self._broker.sessions.resume()

    def lose_cache(self, name: str) -> bool:
        """Let the cache forget everything and stay up; False if `name` is another server."""
        if name != REDIS:
            return False
        self._cache.lose()
        return True

    def evict_keys(self, name: str, takes: Callable[[str], bool]) -> list[str]:
        """Let the cache lose the keys that are taken, and return them, sorted; none if `name` is another server."""
        return self._cache.evict(takes) if name == REDIS else []

    def put_out(self, process: str) -> list[str]:
        """Put a process out of its consumer groups, and return their names, sorted."""
        return self._broker.put_out(process)

    def expire(self, name: str, keep: int) -> dict[str, Json] | None:
        """Let a broker delete all but the last records of what expires; None if it deletes none, or is no broker."""
        return self._broker.expire(keep) if name == KAFKA else None

    def process_lost(self, process: str) -> None:
        """Close the connections of a process that lost power; its group members stay until their timeout."""
        for server in self._databases.values():
            server.disconnect(process)
        self._broker.sessions.silent(process)

    def reachability_changed(self, process: str) -> None:
        """Tell the broker whether it hears the process now."""
        if self._is_responsive(process):
            self._broker.sessions.back(process)
        else:
            self._broker.sessions.silent(process)


def _oracle(loop: SimLoop, history: History) -> Oracle:
    """Make the oracle that writes what models did into the history, at the present virtual time."""
    events = history.events

    def write_down(kind: Kind, process: str, name: str, value: Json) -> None:
        events.append(Event(len(events), loop.virtual_ms, kind, process, name, value))

    return write_down
