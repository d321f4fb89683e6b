"""Faults and heals of the simulated world (`docs/faults.md` is the contract they implement)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgspec

from shaketable.fault import (
    AtService,
    ByteLevel,
    CacheLoss,
    ClockStep,
    Crash,
    Fault,
    KeyEviction,
    Message,
    Pause,
    Restart,
    Retention,
    UnreadableRecord,
    WireLink,
    name_of,
)
from shaketable.network.link_state import LinkState
from shaketable.sim.owner import Handle
from shaketable.sim.power import Power
from shaketable.sim.process import Incarnation, Process
from shaketable.sim.servers import Servers
from shaketable.sim.wire import Wire


class Injector:
    """Lets timed faults happen, arms message faults, and ends them all."""

    def __init__(
        self,
        wire: Wire,
        power: Power,
        processes: Mapping[str, Process],
        servers: Servers,
    ) -> None:
        self._wire = wire
        self._loop = wire.loop
        self._history = wire.history
        self._power = power
        self._processes = processes
        self._servers = servers
        self._pauses: list[tuple[Incarnation, int, Handle]] = []  # each with its event and its timer

    def inject(self, fault: Fault) -> None:
        """Let the fault happen now, or arm it; a role means every replica. UsageError for an unknown party."""
        self._wire.roles.check(fault)
        if isinstance(fault, UnreadableRecord):
            self._servers.check_topic(fault.service, fault.topic)
        event = self._history.add(
            self._loop.virtual_ms, "fault", fault.parties[0], name_of(fault), msgspec.to_builtins(fault)
        )
        if isinstance(fault, Message):
            self._wire.arming.arm(fault, event)
        elif isinstance(fault, AtService):
            for service in self._wire.roles.replicas(fault.service):
                self._inject_at(fault, service, event)
        elif isinstance(fault, WireLink):
            self._open_link_fault(fault, fault.for_ms, event)
        elif isinstance(fault, ByteLevel):
            pass  # messages have no bytes here: without a receipt the run is unknown, never passed
        else:
            assert_never(fault)

    def _inject_at(self, fault: AtService, service: str, event: int) -> None:
        """Let the fault happen to one process or server, and write its receipt if it did."""
        receipt = self._wire.receipt
        match fault:
            case Crash(down_ms=down_ms):
                if self._power.crash(service, down_ms):
                    receipt(event, service, f"{service} lost power", down_ms=down_ms)
            case Restart(down_ms=down_ms):
                if self._power.restart(service, down_ms):
                    receipt(event, service, f"{service} was stopped in order", down_ms=down_ms)
            case Pause(for_ms=for_ms):
                self._pause(service, for_ms, event)
            case ClockStep(delta_ms=delta_ms):
                self._processes[service].clock_offset_ms += delta_ms
                receipt(event, service, f"the wall clock of {service} stepped", delta_ms=delta_ms)
            case UnreadableRecord(topic=topic, key=key):
                self._servers.append_unreadable(topic, key)
                receipt(event, service, "a record that is no JSON was appended")
            case CacheLoss():
                if self._servers.lose_cache(service):
                    receipt(event, service, f"{service} forgot everything")
            case KeyEviction():
                if keys := self._servers.evict_keys(service, fault.takes):
                    receipt(event, service, f"{service} evicted some of its keys", keys=keys)
            case Retention(keep=keep):
                if (gone := self._servers.expire(service, keep)) is not None:
                    receipt(event, service, f"{service} deleted records", **gone)
            case _:
                assert_never(fault)

    def heal(self) -> None:
        """End every fault in force; processes that are down come back now."""
        self._wire.arming.disarm()
        for state in [state for states in self._wire.links.values() for state in states]:
            self._close_link_fault(state)  # it stands once for each of its links: the first call ends all
        for incarnation, event, timer in self._pauses:
            timer.cancel()
            self._end_pause(incarnation, event)
        self._pauses.clear()
        for party in [*self._processes, *self._servers.names]:
            if self._wire.timing.is_drawn and party in self._wire.down:
                self._loop.advance(self._wire.timing.start_ms())  # a heal is over when every party is up
            self._power.power_on(party)

    def _pause(self, service: str, for_ms: int, event: int) -> None:
        incarnation = self._power.pause(service)
        if incarnation is None:
            return
        self._wire.receipt(event, service, f"{service} stood still", for_ms=for_ms)
        self._servers.reachability_changed(service)
        timer = self._loop.call_after(for_ms, self._end_pause, incarnation, event)
        self._pauses.append((incarnation, event, timer))

    def _end_pause(self, incarnation: Incarnation, event: int) -> None:
        if incarnation.alive and incarnation.paused:
            self._history.add(self._loop.virtual_ms, "heal", incarnation.name, "pause", None, event)
            self._loop.resume(incarnation)
            self._servers.reachability_changed(incarnation.name)

    def _open_link_fault(self, fault: WireLink, for_ms: int, event: int) -> None:
        state = LinkState(fault, event)
        for link in self._wire.roles.links(fault.sender, fault.receiver):
            self._wire.impair(link, state)
            self._reachability_changed(link[0])
        self._loop.call_after(for_ms, self._close_link_fault, state)

    def _close_link_fault(self, state: LinkState) -> None:
        links = self._wire.restore(state)
        if not links:
            return
        fault = state.fault
        self._history.add(self._loop.virtual_ms, "heal", fault.sender, name_of(fault), None, state.event)
        for sender, _ in links:
            self._reachability_changed(sender)

    def _reachability_changed(self, sender: str) -> None:
        if sender in self._processes:  # a server sends nothing of its own accord
            self._servers.reachability_changed(sender)
