"""One run in the simulated world: builds the parties, applies steps, waits for quiet."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, assert_never

from shaketable.boundary import Boundary
from shaketable.history import History, Json
from shaketable.ports import Broker, Cache, Clock, Database, Http, Service
from shaketable.schedule import Do, Heal, Inject, Step, Wait
from shaketable.sim.guard import GUARD
from shaketable.sim.http import SimHttp
from shaketable.sim.injector import Injector
from shaketable.sim.loop import SimLoop
from shaketable.sim.power import CLIENT, Parties
from shaketable.sim.process import Incarnation, Process, RunningClock, SimClock
from shaketable.sim.servers import Servers, roles_of
from shaketable.sim.sim_channel import SimChannel
from shaketable.sim.wire import Wire
from shaketable.subject import System

START_MS = 500
"""How long processes have been up when the run of a seed begins: joined to their groups, their polls under way."""


class SimPorts:
    """What one incarnation is given (see `shaketable.ports.Ports`). Few processes use a cache, so it is made when asked for."""

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
        if self._cache is None:
            self._cache = self._make_cache()
        return self._cache


class SimSession:
    """One run of one system (see `shaketable.world.Session`)."""

    def __init__(self, system: System, *, seed: int = 0, trace: bool = False) -> None:
        self._system = system
        self._history = History()
        self._loop = SimLoop()  # type: ignore[abstract]  # what it lacks is refused
        self._open_ops = 0
        self._parts = {part.name: part for part in system.parts}
        self._closed = False
        self._lives: list[Incarnation] = []
        GUARD.install()
        self._parties = parties = Parties(self._loop, self._history)
        self._wire = parties.wire = Wire(
            self._loop, self._history, system.errors, parties, roles_of(system), trace, seed
        )
        self._servers = Servers(system, self._loop, self._history, self._wire, parties)
        self._injector = Injector(
            self._wire, parties, self._servers.lose_cache, self._servers.reachability_changed
        )
        parties.start = self._start
        parties.on_process_lost = self._servers.process_lost
        self._client = self._add_client()
        for part in system.parts:
            parties.processes[part.name] = Process(part.name)
        self._begun = not seed
        self._within(self._start_all)
        if seed:
            self._within(self._loop.advance, START_MS)
            self._begun = True

    @property
    def history(self) -> History:
        return self._history

    @property
    def now_ms(self) -> int:
        return self._loop.now_ms

    def apply(self, step: Step) -> None:
        """Apply one step and let everything that is due at this instant happen."""
        if self._wire.chance is not None:
            self._within(self._loop.advance, self._wire.lateness_ms())
        match step:
            case Do(f=f, value=value):
                self._within(self._do, f, value)
            case Inject(fault=fault):
                self._within(self._injector.inject, fault)
            case Heal():
                self._within(self._injector.heal)
            case Wait(ms=ms):
                self._within(self._loop.advance, ms)
            case _:
                assert_never(step)

    def drain(self) -> None:
        """Without it a schedule that arms a fault for a later message would need a wait to say so."""
        if self._wire.arming:
            self._within(self._settle)

    def heal(self) -> None:
        self._within(self._injector.heal)

    def settle(self) -> bool:
        """Jump from lull to lull until nothing but polls happened for `quiet_ms`, at most `bound_ms`."""
        return bool(self._within(self._settle))

    def boundaries(self) -> list[Boundary]:
        crossed = self._crossed if self._closed else self._wire.crossed or ()
        return [boundary for _, boundary in crossed]

    def close(self) -> None:
        """Dispose of the world: every process loses power at once. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        for process in self._parties.processes.values():
            if process.incarnation is not None:
                process.incarnation.alive = False
        self._client.alive = False
        self._loop.close()
        GUARD.remove()
        self._scatter()

    def _scatter(self) -> None:
        """Those who know each other forget each other: nothing of the run is left for the garbage collector."""
        for life in self._lives:
            life.forget()
        self._servers.close()
        del self._client_ports
        self._crossed = self._wire.crossed or []
        for room in (self._parties, self._wire, self._servers, self._injector):
            vars(room).clear()

    # -- the inside --------------------------------------------------------------------------------------

    def _within(self, act: Callable[..., Any], *args: object) -> Any:
        """Run harness code that wakes simulated code, guarded, to the end of the instant."""
        GUARD.active = get_ident()
        try:
            with self._loop:
                result = act(*args)
                self._loop.run_ready()
        finally:
            GUARD.active = 0
        GUARD.check()
        return result

    def _settle(self) -> bool:
        loop, wire, system = self._loop, self._wire, self._system
        limit_ms = loop.now_ms + system.bound_ms
        wire.active_ms = loop.now_ms
        while loop.now_ms < limit_ms:
            loop.advance_to(min(limit_ms, wire.active_ms + system.quiet_ms))
            if not self._open_ops and not wire.held and loop.now_ms - wire.active_ms >= system.quiet_ms:
                return True
            if wire.active_ms + system.quiet_ms <= loop.now_ms:
                loop.advance(system.quiet_ms)
        return False

    def _do(self, f: str, value: Json) -> None:
        self._open_ops += 1
        invoked = self._history.add(self._loop.now_ms, "invoke", CLIENT, f, value)
        self._client.spawn(self._perform(Do(f, value), invoked), f"{CLIENT} {f}")

    async def _perform(self, do: Do, invoked: int) -> None:
        done = await self._system.perform(self._client_ports, do)
        self._open_ops -= 1
        self._history.add(self._loop.now_ms, done.kind, CLIENT, do.f, done.value, invoked)

    def _add_client(self) -> Incarnation:
        process = self._parties.processes[CLIENT] = Process(CLIENT)
        process.incarnation = incarnation = Incarnation(CLIENT, self._loop)
        self._lives.append(incarnation)
        self._client_ports = self._ports(process, incarnation, "")
        return incarnation

    def _start_all(self) -> None:
        for part in self._system.parts:
            self._start(self._parties.processes[part.name])

    def _start(self, process: Process) -> None:
        if process.name == CLIENT:
            return
        part = self._parts[process.name]
        process.incarnation = incarnation = Incarnation(part.name, self._loop)
        self._lives.append(incarnation)
        process.starts += 1
        incarnation.service = part.make(self._ports(process, incarnation, part.database))
        incarnation.spawn(_start(incarnation.service), f"{part.name} start")

    def _ports(self, process: Process, incarnation: Incarnation, database: str) -> SimPorts:
        # A service may keep its ports for longer than the run, so they must not keep the session.
        wire, servers, io_timeout_ms = self._wire, self._servers, self._system.io_timeout_ms

        def open_channel(receiver: str) -> SimChannel:
            return SimChannel(wire, incarnation, receiver, io_timeout_ms)

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
            http=SimHttp(open_channel, self._parties.serve, self._system.polls),
            new_id=new_id,
        )

    def _clock(self, process: Process) -> SimClock:
        chance = self._wire.chance
        if chance is None:
            return SimClock(self._loop, process)

        return RunningClock(
            self._loop, process, lambda delay_ms: chance.randint(0, delay_ms), lambda: self._begun
        )


async def _start(service: Service) -> None:
    await service.start()
