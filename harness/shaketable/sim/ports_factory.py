"""The ports of one incarnation of a process: everything that a service is given (`shaketable.ports.Ports`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shaketable.ports import Broker, Cache, Clock, Database, Http
from shaketable.sim.clock import SimClock, WarmClock
from shaketable.sim.http import Endpoints, SimHttp
from shaketable.sim.power import Power
from shaketable.sim.process import Incarnation, Process
from shaketable.sim.servers import Servers
from shaketable.sim.sim_channel import SimChannel
from shaketable.sim.wire import Wire
from shaketable.subject import System


class SimPorts:
    """The ports themselves. Few processes use a cache, so its port is made at the first request."""

    __slots__ = ("_cache", "_make_cache", "broker", "clock", "database", "http", "name", "new_id")

    def __init__(
        self,
        name: str,
        clock: Clock,
        database: Database,
        broker: Broker,
        make_cache: Callable[[], Cache],
        http: Http,
        new_id: Callable[[], str],
    ) -> None:
        self.name = name
        self.clock = clock
        self.database = database
        self.broker = broker
        self.http = http
        self.new_id = new_id
        self._cache: Cache | None = None
        self._make_cache = make_cache

    @property
    def cache(self) -> Cache:
        """The port to the cache."""
        if self._cache is None:
            self._cache = self._make_cache()
        return self._cache


class PortsFactory:
    """Makes the ports of every incarnation of one run."""

    __slots__ = ("_endpoints", "_power", "_servers", "_system", "_wire")

    def __init__(
        self, system: System, wire: Wire, power: Power, processes: Mapping[str, Process], servers: Servers
    ) -> None:
        self._system = system
        self._wire = wire
        self._power = power
        self._servers = servers
        self._endpoints = Endpoints(processes, servers.externals)

    def make(self, process: Process, incarnation: Incarnation, database: str) -> SimPorts:
        """Make the ports of an incarnation that connects to `database` ("": to none)."""
        # A service may keep its ports for longer than the run, so nothing in them refers to this factory.
        wire, power, servers = self._wire, self._power, self._servers
        io_timeout_ms = self._system.io_timeout_ms

        def open_channel(receiver: str) -> SimChannel:
            return SimChannel(wire, power, incarnation, receiver, io_timeout_ms)

        roles, balancer, refuses = wire.roles, wire.balancer, wire.down.__contains__

        def receiver_of(service: str) -> str:
            replicas = roles.others(service, process.name)
            return replicas[0] if len(replicas) == 1 else balancer.next(service, replicas, refuses)

        prefix, count = f"{process.name}-{process.starts}-", 0

        def new_id() -> str:
            nonlocal count
            count += 1
            return f"{prefix}{count}"

        return SimPorts(
            name=process.name,
            clock=self._clock(process),
            database=servers.database_port(open_channel, database),
            broker=servers.broker_port(open_channel),
            make_cache=lambda: servers.cache_port(open_channel),
            http=SimHttp(open_channel, self._endpoints.serve, receiver_of, self._system.polls),
            new_id=new_id,
        )

    def _clock(self, process: Process) -> SimClock:
        timing = self._wire.timing
        if timing.is_drawn:
            return WarmClock(self._wire.loop, process, timing)
        return SimClock(self._wire.loop, process)
