"""Faults and heals of the real worlds (`docs/faults.md` is the contract they implement)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import assert_never

import msgspec

from shaketable.errors import UsageError
from shaketable.fault import (
    AtService,
    ByteLevel,
    CacheLoss,
    ClockStep,
    Crash,
    Fault,
    KeyEviction,
    Link,
    Message,
    Partition,
    Pause,
    Refuse,
    Restart,
    Retention,
    UnreadableRecord,
    WireLink,
    name_of,
    unreadable_bytes,
)
from shaketable.history import History, Json
from shaketable.network.link_state import LinkState
from shaketable.real.clock import RunClock
from shaketable.real.servers.server_kind import ServerKind
from shaketable.real.stack.launcher import Launcher
from shaketable.real.stack.namespace import Namespace
from shaketable.real.stack.power import RealPower
from shaketable.real.tap.edge import Edge, Passed
from shaketable.real.tap.switchboard import Switchboard
from shaketable.real.toxics import has_acted
from shaketable.real.toxiproxy import ToxiproxyServer, edge_name

Expire = Callable[[str, int], Awaitable[dict[str, Json] | None]]
"""Lets a server delete all but so many records of each partition that expires; None if it deletes none."""


class TimedFault:
    """A link fault in force, the timer that ends it, and what had passed each of its edges when it began."""

    __slots__ = ("before", "event", "fault", "timer")

    def __init__(
        self,
        fault: Link,
        event: int,
        before: dict[tuple[str, str], Passed],
        timer: asyncio.Task[None],
    ) -> None:
        self.fault = fault
        self.event = event
        self.before = before
        self.timer = timer


class RealInjector:
    """Lets timed faults happen, arms message faults, and ends them all."""

    def __init__(
        self,
        launcher: Launcher,
        kinds: Mapping[str, ServerKind],
        board: Switchboard,
        power: RealPower,
        edges: Mapping[tuple[str, str], Edge],
        toxiproxy: ToxiproxyServer | None,
        topics: Collection[str],
        namespace: Namespace,
        expire: Expire,
    ) -> None:
        self._launcher = launcher
        self._kinds = kinds
        self._board = board
        self._power = power
        self._edges = edges
        self._toxiproxy = toxiproxy
        self._topics = topics
        self._namespace = namespace
        self._expire = expire
        self._open: list[TimedFault] = []
        self._stepped: dict[str, int] = {}

    def begin(self, clock: RunClock, history: History) -> None:
        """Begin a new run."""
        self._clock = clock
        self._history = history

    async def end(self) -> None:
        """End the run, with everything in force and the steps of clocks, which no heal takes back."""
        await self.heal()
        for service in self._stepped:
            Path(self._launcher.clock_offset_file(service)).write_text("0")
        self._stepped.clear()

    async def inject(self, fault: Fault) -> None:
        """Apply `fault` now, or arm it; a role means every replica. UsageError for a party that does not exist."""
        self._board.roles.check(fault)
        if isinstance(fault, UnreadableRecord):
            self._check_topic(fault.service, fault.topic)
        event = self._history.add(
            self._clock.elapsed_ms(),
            "fault",
            fault.parties[0],
            name_of(fault),
            msgspec.to_builtins(fault),
        )
        if isinstance(fault, Message):
            self._board.arming.arm(fault, event)
        elif isinstance(fault, AtService):
            replicas = self._board.roles.replicas(fault.service)
            await asyncio.gather(*(self._apply(fault, each, event) for each in replicas))
        elif isinstance(fault, ByteLevel):
            await self._begin_byte_fault(fault, event)
        elif isinstance(fault, WireLink):
            state = LinkState(fault, event)
            for link in self._links(fault):
                self._board.links.setdefault(link, []).append(state)
            self._hold_open(fault, event)
        else:
            assert_never(fault)

    def _check_topic(self, name: str, topic: str) -> None:
        kind = self._kinds.get(name)
        topics = self._topics if kind is not None and kind.append is not None else ()
        if topic not in topics:
            raise UsageError(f"{name} has no topic {topic!r}; it has {', '.join(topics) or 'none'}")

    async def _apply(self, fault: AtService, service: str, event: int) -> None:
        """Let it happen to one process or server, with its receipt."""
        receipt, power = self._board.receipt, self._power
        match fault:
            case Crash(down_ms=down_ms):
                if await power.crash(service, down_ms):
                    receipt(event, service, f"{service} lost power", down_ms=down_ms)
            case Restart(down_ms=down_ms):
                if await power.crash(service, down_ms, orderly=True):
                    receipt(event, service, f"{service} was stopped in order", down_ms=down_ms)
            case Pause(for_ms=for_ms):
                if await power.pause(service, for_ms, event):
                    receipt(event, service, f"{service} stood still", for_ms=for_ms)
            case ClockStep(delta_ms=delta_ms):
                self._step_clock(service, delta_ms)
                receipt(event, service, f"the wall clock of {service} stepped", delta_ms=delta_ms)
            case UnreadableRecord(topic=topic, key=key):
                kind = self._kinds.get(service)
                if kind is not None and kind.append is not None:
                    named = self._namespace.put(key)
                    place = self._launcher.address(service)
                    await kind.append(*place, topic, named.encode(), unreadable_bytes(named))
                    receipt(event, service, "a record that is no JSON was appended")
            case CacheLoss():
                kind = self._kinds.get(service)
                if kind is not None and kind.forget is not None:
                    await kind.forget(*self._launcher.address(service))
                    receipt(event, service, f"{service} forgot everything")
            case KeyEviction():
                if keys := await self._evict_keys(service, fault):
                    receipt(event, service, f"{service} evicted some of its keys", keys=keys)
            case Retention(keep=keep):
                if (gone := await self._expire(service, keep)) is not None:
                    receipt(event, service, f"{service} deleted records", **gone)
            case _:
                assert_never(fault)

    async def _evict_keys(self, service: str, fault: KeyEviction) -> list[str]:
        """Let a cache lose the keys of this run that the fault takes, and return them as they are called in every world."""
        kind, namespace = self._kinds.get(service), self._namespace
        if kind is None or kind.evict is None:
            return []

        def takes(key: str) -> bool:
            return not namespace.is_of_another_run(key) and fault.takes(namespace.off(key))

        return sorted(map(namespace.off, await kind.evict(*self._launcher.address(service), takes)))

    async def heal(self) -> None:
        """End every fault in force, now."""
        self._board.arming.disarm()
        for opened in list(self._open):
            opened.timer.cancel()
            await self._close(opened)
        for edge in self._edges.values():
            edge.abort_tainted()
        await self._power.heal()

    async def _begin_byte_fault(self, fault: ByteLevel, event: int) -> None:
        """Let Toxiproxy begin it; without Toxiproxy there is no receipt, so the run is unknown."""
        links = self._edged(fault)
        if self._toxiproxy is None or not links:
            return
        for link in links:
            await self._toxiproxy.inject(edge_name(*link), fault, event, self._clock.scale)
            if isinstance(
                fault, Refuse
            ):  # Toxiproxy alone would refuse the tap, while the tap accepts the client
                self._edges[link].refuse()
        if isinstance(fault, Refuse):
            self._board.receipt(event, fault.sender, f"{fault.receiver} refused {fault.sender}")
        self._hold_open(fault, event)

    def _links(self, fault: Link) -> tuple[tuple[str, str], ...]:
        return self._board.roles.links(fault.sender, fault.receiver)

    def _edged(self, fault: Link) -> list[tuple[str, str]]:
        """Return the links of the fault on which anything can be sent."""
        return [link for link in self._links(fault) if link in self._edges]

    def _hold_open(self, fault: Link, event: int) -> None:
        links = self._links(fault)
        if any(self._has_groups(server) and client in self._board.members for client, server in links):
            self._power.groups_may_rebalance = True  # the group may have missed a member
        before = {link: self._edges[link].passed for link in self._edged(fault)}
        timer = asyncio.ensure_future(self._close_later(fault, event))
        self._open.append(TimedFault(fault, event, before, timer))

    async def _close_later(self, fault: Link, event: int) -> None:
        await asyncio.sleep(self._clock.real_s(fault.for_ms))
        for opened in self._open:
            if opened.event == event:
                await asyncio.shield(self._close(opened))
                return

    async def _close(self, opened: TimedFault) -> None:
        if opened not in self._open:
            return
        self._open.remove(opened)
        fault = opened.fault
        if isinstance(fault, WireLink):
            self._carry_again(fault, opened.event)
        else:
            await self._end_byte_fault(fault, opened)
        self._history.add(self._clock.elapsed_ms(), "heal", fault.sender, name_of(fault), None, opened.event)

    def _carry_again(self, fault: WireLink, event: int) -> None:
        for link in self._links(fault):
            states = self._board.links.get(link, [])
            states[:] = [s for s in states if s.event != event]
            if not states:
                self._board.links.pop(link, None)
            if isinstance(fault, Partition) and link in self._edges:
                self._edges[link].abort_tainted()

    async def _end_byte_fault(self, fault: ByteLevel, opened: TimedFault) -> None:
        assert self._toxiproxy is not None
        if any(has_acted(fault, before, self._edges[link].passed) for link, before in opened.before.items()):
            what = f"{name_of(fault)} acted on traffic between {fault.sender} and {fault.receiver}"
            self._board.receipt(opened.event, fault.sender, what)
        for link in opened.before:
            if not (isinstance(fault, Refuse) and self._is_refused(link)):
                await self._toxiproxy.heal(edge_name(*link), fault, opened.event)
            if isinstance(fault, Refuse):
                await self._edges[link].accept()

    def _is_refused(self, link: tuple[str, str]) -> bool:
        """Tell whether another refusal of this link is in force."""
        return any(isinstance(o.fault, Refuse) and link in o.before for o in self._open)

    def _has_groups(self, server: str) -> bool:
        return server in self._kinds and self._kinds[server].has_groups

    def _step_clock(self, service: str, delta_ms: int) -> None:
        self._stepped[service] = self._stepped.get(service, 0) + delta_ms
        Path(self._launcher.clock_offset_file(service)).write_text(str(self._stepped[service]))
