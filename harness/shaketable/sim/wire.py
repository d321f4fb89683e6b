"""The simulated network: counts boundaries, carries messages, and lets them go wrong.

A calm message costs one timer: its effect happens at once and its reply arrives `REPLY_MS` later. Everything
else (holds, losses, crashes, partitions) takes the slow path in `shaketable.sim.transit`.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any, Protocol

from shaketable.arming import Arming
from shaketable.boundary import Boundary
from shaketable.fault import Latency, Partition
from shaketable.history import History
from shaketable.ports import Errors
from shaketable.roles import Roles
from shaketable.sim.loop import SimLoop

REPLY_MS = 1
PACE_MS_MAX, VARIES_MS = 40, 10
"""With a seed: as long as answers of real servers were seen to take at their scale of 10, and how much that varies."""
LATE_MS_MAX = 50
START_MS_MAX = 1_000
"""With a seed: how late the harness comes to a step, and a party that starts is up."""


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
        self,
        loop: SimLoop,
        history: History,
        errors: Errors,
        power: Power,
        roles: Roles,
        trace: bool,
        seed: int,
    ) -> None:
        self.loop = loop
        self.history = history
        self.errors = errors
        self.power = power
        self.roles = roles
        self.chance = Random(seed) if seed else None
        self._paces_ms: dict[tuple[str, str], int] = {}
        self.calm = not seed  # no link fault in force, nobody down, nothing drawn: the fast path is right
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

    def travel_ms(self, sender: str, receiver: str) -> int:
        """How long a request is under way; always as long on one link, so that none overtakes another."""
        return 0 if self.chance is None else self._pace_ms(sender, receiver, self.chance) // 2

    def answer_ms(self, sender: str, receiver: str) -> int:
        """How long the next answer takes: with a seed as long as its request did, or a little longer."""
        if self.chance is None:
            return REPLY_MS
        return REPLY_MS + self.travel_ms(sender, receiver) + self.chance.randint(0, VARIES_MS)

    def _pace_ms(self, sender: str, receiver: str, chance: Random) -> int:
        pace_ms = self._paces_ms.get((sender, receiver))
        if pace_ms is None:
            pace_ms = self._paces_ms[sender, receiver] = chance.randint(0, PACE_MS_MAX)
        return pace_ms

    def start_ms(self) -> int:
        """How much longer than its time down a party takes to be back."""
        return 0 if self.chance is None else self.chance.randint(0, START_MS_MAX)

    def lateness_ms(self) -> int:
        """How late the harness comes to its next step."""
        return 0 if self.chance is None else self.chance.randint(0, LATE_MS_MAX)

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
