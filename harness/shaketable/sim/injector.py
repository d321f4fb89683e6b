"""Faults and heals of the simulated world (`docs/faults.md` is the contract they implement)."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

import msgspec

from shaketable.fault import (
    AtService,
    ByteLevel,
    CacheLoss,
    ClockStep,
    Crash,
    Fault,
    Latency,
    Message,
    Partition,
    Pause,
    Restart,
    name_of,
    parties_of,
)
from shaketable.sim.owner import Handle
from shaketable.sim.power import Parties
from shaketable.sim.process import Incarnation
from shaketable.sim.wire import LinkState, Wire


class Injector:
    """Lets timed faults happen, arms message faults, and ends them all."""

    def __init__(
        self,
        wire: Wire,
        parties: Parties,
        lose_cache: Callable[[str], bool],
        reachability_changed: Callable[[str], None],
    ) -> None:
        self._wire = wire
        self._loop = wire.loop
        self._history = wire.history
        self._parties = parties
        self._lose_cache = lose_cache
        self._reachability_changed = reachability_changed
        self._pauses: list[tuple[Incarnation, int, int, Handle]] = []

    def inject(self, fault: Fault) -> None:
        """Do it now, or arm it; a role means every replica. UsageError when it names a party that does not exist."""
        self._wire.roles.check(fault)
        event = self._history.add(
            self._loop.now_ms, "fault", parties_of(fault)[0], name_of(fault), msgspec.to_builtins(fault)
        )
        if isinstance(fault, Message):
            self._wire.arming.arm(fault, event)
        elif isinstance(fault, AtService):
            for service in self._wire.roles.replicas(fault.service):
                self._strike(fault, service, event)
        elif isinstance(fault, Partition | Latency):
            self._open_link_fault(fault, fault.for_ms, event)
        elif isinstance(fault, ByteLevel):
            pass  # messages have no bytes here: without a receipt the run is unknown, never passed
        else:
            assert_never(fault)

    def _strike(self, fault: AtService, service: str, event: int) -> None:
        """What happens to one process or server, and its receipt."""
        receipt = self._wire.receipt
        match fault:
            case Crash(down_ms=down_ms):
                if self._parties.crash(service, down_ms):
                    receipt(event, service, f"{service} lost power", down_ms=down_ms)
            case Restart(down_ms=down_ms):
                if self._parties.restart(service, down_ms):
                    receipt(event, service, f"{service} was stopped in order", down_ms=down_ms)
            case Pause(for_ms=for_ms):
                self._pause(service, for_ms, event)
            case ClockStep(delta_ms=delta_ms):
                self._parties.processes[service].clock_offset_ms += delta_ms
                receipt(event, service, f"the wall clock of {service} stepped", delta_ms=delta_ms)
            case CacheLoss():
                if self._lose_cache(service):
                    receipt(event, service, f"{service} forgot everything")
            case _:
                assert_never(fault)

    def heal(self) -> None:
        """End every fault in force; processes that are down come back now."""
        self._wire.arming.disarm()
        for state in [state for states in self._wire.links.values() for state in states]:
            self._close_link_fault(state)  # one of several replicas stands there for each: the first ends it
        for incarnation, event, _, timer in self._pauses:
            timer.cancel()
            self._end_pause(incarnation, event)
        self._pauses.clear()
        for party in [*self._parties.processes, *self._parties.servers]:
            if self._wire.chance is not None and self._parties.is_down(party):
                self._loop.advance(self._wire.start_ms())  # a heal is over when everybody is up
            self._parties.power_on(party)

    def _pause(self, service: str, for_ms: int, event: int) -> None:
        if not self._parties.pause(service):
            return
        incarnation = self._parties.processes[service].incarnation
        assert incarnation is not None
        self._wire.receipt(event, service, f"{service} stood still", for_ms=for_ms)
        self._reachability_changed(service)
        timer = self._loop.call_after(for_ms, self._end_pause, incarnation, event)
        self._pauses.append((incarnation, event, for_ms, timer))

    def _end_pause(self, incarnation: Incarnation, event: int) -> None:
        if incarnation.alive and incarnation.paused:
            self._history.add(self._loop.now_ms, "heal", incarnation.name, "pause", None, event)
            self._parties.resume(incarnation)
            self._reachability_changed(incarnation.name)

    def _open_link_fault(self, fault: Partition | Latency, for_ms: int, event: int) -> None:
        state = LinkState(fault, event)
        for link in self._wire.roles.links(fault.sender, fault.receiver):
            self._wire.links.setdefault(link, []).append(state)
            self._wire.calm = False
            self._may_reach(link[0])
        self._loop.call_after(for_ms, self._close_link_fault, state)

    def _close_link_fault(self, state: LinkState) -> None:
        fault, wire = state.fault, self._wire
        links = [link for link, states in wire.links.items() if state in states]
        if not links:
            return
        for link in links:
            wire.links[link].remove(state)
            if not wire.links[link]:
                del wire.links[link]
        self._history.add(self._loop.now_ms, "heal", fault.sender, name_of(fault), None, state.event)
        for answer in state.lost:  # what was lost stays lost: its connections are found dead now
            if not answer.done():
                answer.set_exception(self._wire.errors.connection_lost("the partition swallowed it"))
        self._parties.refresh_calm()
        for sender, _ in links:
            self._may_reach(sender)

    def _may_reach(self, sender: str) -> None:
        if sender in self._parties.processes:  # a server sends nothing of its own accord
            self._reachability_changed(sender)
