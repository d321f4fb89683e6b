"""The simulated network: counts boundaries, carries messages, and lets them go wrong.

A calm message costs one timer: its effect happens at once and its reply arrives `REPLY_MS` later. Everything
else (holds, losses, crashes, partitions) takes the slow path in `harness.sim.transit`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from harness.arming import Arming
from harness.boundary import Boundary
from harness.fault import Latency, Partition
from harness.history import History
from harness.ports import Errors
from harness.roles import Roles
from harness.sim.loop import SimLoop

REPLY_MS = 1


class LinkState:
    """A latency or partition in force between two parties, with the futures of messages it swallowed."""

    __slots__ = ("event", "fault", "landed", "lost")

    def __init__(self, fault: Partition | Latency, event: int) -> None:
        self.fault = fault
        self.event = event
        self.landed = 0
        self.lost: dict[asyncio.Future[Any], None] = {}


class Power(Protocol):
    """Who can cut the power of a party: the world."""

    def crash(self, party: str, down_ms: int) -> bool: ...
    def is_down(self, party: str) -> bool: ...


class Wire:
    """All traffic of one run."""

    def __init__(
        self, loop: SimLoop, history: History, errors: Errors, power: Power, roles: Roles, trace: bool
    ) -> None:
        self.loop = loop
        self.history = history
        self.errors = errors
        self.power = power
        self.roles = roles
        self.calm = True  # no link fault in force and nobody down: the fast path is right
        self.arming = Arming()
        self.links: dict[tuple[str, str], list[LinkState]] = {}
        self.crossed: list[tuple[int, Boundary]] | None = [] if trace else None
        self.held = 0  # messages under way that no timer of a process waits for
        self.active_ms = 0  # the instant of the last counted message
        self.waiting: dict[
            str, dict[asyncio.Future[Any], None]
        ] = {}  # per receiver: who waits for its answer
        self._counters: dict[tuple[str, str], dict[tuple[str, str], list[int]]] = {}

    def counters(self, sender: str, receiver: str) -> dict[tuple[str, str], list[int]]:
        """How often each (verb, key) went from the role `sender` to the role `receiver`; survives restarts."""
        return self._counters.setdefault((sender, receiver), {})

    def link(self, sender: str, receiver: str) -> list[LinkState]:
        return self.links.get((sender, receiver), [])

    def receipt(self, event: int, process: str, what: str, **figures: object) -> None:
        """Write down that the fault of `event` landed."""
        fault = self.history[event]
        self.history.add(self.loop.now_ms, "receipt", process, fault.name, {"what": what, **figures}, event)

    def lose_power(self, party: str) -> None:
        """Everybody who waits for an answer of `party` sees the connection reset."""
        for answer in self.waiting.pop(party, {}):
            if not answer.done():
                answer.set_exception(self.errors.connection_lost(f"{party} reset the connection"))
