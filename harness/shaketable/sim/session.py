"""One run in the simulated world: it builds the parties, applies steps and waits for quiet."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, assert_never

from shaketable.boundary import Boundary
from shaketable.errors import HarnessError, UsageError, cannot_be_made
from shaketable.history import History, Json
from shaketable.orders.arrivals import Arrivals
from shaketable.orders.deviation import Deviation
from shaketable.orders.policy import Orders
from shaketable.ports import Service
from shaketable.schedule import AtPoint, Do, Heal, Inject, Step, Wait
from shaketable.sim.access_log import AccessLog
from shaketable.sim.guard import GUARD
from shaketable.sim.injector import Injector
from shaketable.sim.loop import SimLoop
from shaketable.sim.orders.arrival_order import ArrivalOrder
from shaketable.sim.orders.loop import OrderedLoop
from shaketable.sim.orders.replayed_order import ReplayedOrder
from shaketable.sim.ports_factory import PortsFactory
from shaketable.sim.power import Power
from shaketable.sim.process import CLIENT, Incarnation, Process
from shaketable.sim.servers import Servers, roles_of
from shaketable.sim.timing import WARM_UP_MS, Timing
from shaketable.sim.wire import Wire
from shaketable.subject import System

_ARRIVAL_SHARE = 4
"""What a message brings that was held into the silence has this share of a silence to be taken up by the next poll."""


class SimSession:
    """One run of one system (see `shaketable.world.Session`)."""

    def __init__(
        self,
        system: System,
        *,
        seed: int = 0,
        trace: bool = False,
        orders: Orders | None = None,
        records_accesses: bool = False,
    ) -> None:
        """Build the world bottom up, then start every process; with a seed, let them warm up."""
        self._system = system
        self._parts = {part.name: part for part in system.parts}
        self._open_ops = 0
        self._closed = False
        self._incarnations: list[Incarnation] = []
        self._history = history = History()
        self._order = order = None if orders is None else _order(orders)
        self._loop = loop = _loop(order)
        GUARD.install()
        self._timing = timing = Timing(seed)
        self._processes = processes = {name: Process(name) for name in (CLIENT, *self._parts)}
        self._crossed: list[Boundary] = []
        crossed = self._crossed if trace else None
        self._wire = wire = Wire(loop, history, system.errors, roles_of(system), timing, crossed, order)
        log = AccessLog(loop, history) if trace or records_accesses else None
        self._servers = servers = Servers(system, loop, history, wire, processes, log)
        self._power = power = Power(loop, history, wire, processes, servers, self._start)
        self._injector = Injector(wire, power, processes, servers)
        self._ports = PortsFactory(system, wire, power, processes, servers)
        self._client = self._incarnation_of(processes[CLIENT])
        processes[CLIENT].incarnation = self._client
        self._client_ports = self._ports.make(processes[CLIENT], self._client, "")
        self._within(self._start_all)
        if timing.is_drawn:
            self._within(loop.advance, WARM_UP_MS)
            timing.has_begun = True

    @property
    def history(self) -> History:
        """See `shaketable.world.Session`."""
        return self._history

    @property
    def now_ms(self) -> int:
        """The virtual time; see `shaketable.world.Session`."""
        return self._loop.virtual_ms

    def apply(self, step: Step) -> None:
        """Apply one step and let everything that is due at this instant happen."""
        if self._timing.is_drawn:
            self._within(self._loop.advance, self._timing.late_ms())
        match step:
            case Do(f=f, value=value):
                self._within(self._do, f, value)
            case Inject(fault=fault):
                self._within(self._injector.inject, fault)
            case Heal():
                self._within(self._injector.heal)
            case Wait(ms=ms):
                self._within(self._loop.advance, ms)
            case AtPoint(point=point):
                raise UsageError(
                    f"a system has boundaries and no fault point {point!r}: those are of components"
                )
            case _:
                assert_never(step)

    def drain(self) -> None:
        """Let time pass while message faults wait for their message, until the system is quiet.

        Without this a schedule that arms a fault for a later message would need a wait to say so.
        """
        if self._wire.arming:
            self._within(self._settle)

    def heal(self) -> None:
        """End every fault in force; processes that are down come back now."""
        self._within(self._injector.heal)

    def settle(self) -> bool:
        """Let time pass until only polls have happened for `quiet_ms`, at most `bound_ms`; False if it did not."""
        return bool(self._within(self._settle))

    def boundaries(self) -> list[Boundary]:
        """See `shaketable.world.Session`."""
        return list(self._crossed)

    def deviations(self) -> tuple[Deviation, ...]:
        """Return the deviations that make the same order again; none unless orders were decided."""
        return () if self._order is None else self._order.deviations()

    def arrivals(self) -> Arrivals | None:
        """Count what has arrived; None unless orders were decided."""
        return None if self._order is None else self._order.arrivals()

    def close(self) -> None:
        """Dispose of the world: every process loses power at once. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        for process in self._processes.values():
            if process.incarnation is not None:
                process.lose_power()
        self._loop.close()
        GUARD.remove()
        self._cut_references()

    def _cut_references(self) -> None:
        """Cut the cycles of references, so that nothing of the run is left to the garbage collector."""
        for incarnation in self._incarnations:
            incarnation.dispose()
        self._servers.close()
        for collaborator in (self._wire, self._servers, self._power, self._injector):
            vars(collaborator).clear()

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
        limit_ms = loop.virtual_ms + system.bound_ms
        wire.active_ms = loop.virtual_ms
        while loop.virtual_ms < limit_ms:
            loop.advance_to(min(limit_ms, wire.active_ms + system.quiet_ms))
            if (
                not self._open_ops
                and not wire.held
                and loop.virtual_ms - wire.active_ms >= system.quiet_ms
                and loop.virtual_ms - wire.arrived_ms >= system.quiet_ms // _ARRIVAL_SHARE
            ):
                return True
            if wire.active_ms + system.quiet_ms <= loop.virtual_ms:
                loop.advance(system.quiet_ms)
        return False

    def _do(self, f: str, value: Json) -> None:
        self._open_ops += 1
        invoked = self._history.add(self._loop.virtual_ms, "invoke", CLIENT, f, value)
        self._client.spawn(self._perform(Do(f, value), invoked), f"{CLIENT} {f}")

    async def _perform(self, do: Do, invoked: int) -> None:
        done = await self._system.perform(self._client_ports, do)
        self._open_ops -= 1
        self._history.add(self._loop.virtual_ms, done.kind, CLIENT, do.f, done.value, invoked)

    def _incarnation_of(self, process: Process) -> Incarnation:
        incarnation = Incarnation(process.name, self._loop)
        self._incarnations.append(incarnation)
        return incarnation

    def _start_all(self) -> None:
        for name in self._parts:
            self._start(self._processes[name])

    def _start(self, process: Process) -> None:
        part = self._parts[process.name]
        incarnation = self._incarnation_of(process)
        process.starts += 1
        ports = self._ports.make(process, incarnation, part.database)
        try:
            service = part.make(ports)
        except HarnessError:
            raise
        except (Exception, SystemExit) as error:
            raise cannot_be_made(part.name, error) from error
        process.incarnation, process.service = incarnation, service
        incarnation.spawn(_start(service), f"{part.name} start")


def _order(orders: Orders) -> ArrivalOrder:
    return ReplayedOrder(orders) if orders.policy is None and orders.deviations else ArrivalOrder(orders)


def _loop(order: ArrivalOrder | None) -> SimLoop:
    """Make the loop; both kinds lack what a loop of asyncio has, and refuse it."""
    return SimLoop() if order is None else OrderedLoop(order)  # type: ignore[abstract]


async def _start(service: Service) -> None:
    await service.start()
