"""The state of the simulated network: counters, link faults, parties without power, and answers waited for.

A calm message costs one timer: its effect happens at once and its reply arrives `REPLY_MS` later. Everything
else (holds, losses, crashes, partitions) takes the slow path in `shaketable.sim.transit`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from shaketable.boundary import Boundary
from shaketable.history import History
from shaketable.network.armed_faults import Arming
from shaketable.network.balancer import Balancer
from shaketable.network.link_state import LinkState
from shaketable.network.replica_roles import Roles
from shaketable.ports import Errors
from shaketable.sim.loop import SimLoop
from shaketable.sim.orders.arrival_order import ArrivalOrder
from shaketable.sim.timing import Timing

Answers = dict[asyncio.Future[Any], None]


class Wire:
    """All traffic of one run. Every boundary that is crossed is added to `crossed`, and `order` decides what arrives next, if given."""

    def __init__(
        self,
        loop: SimLoop,
        history: History,
        errors: Errors,
        roles: Roles,
        timing: Timing,
        crossed: list[Boundary] | None,
        order: ArrivalOrder | None = None,
    ) -> None:
        self.loop = loop
        self.history = history
        self.errors = errors
        self.roles = roles
        self.timing = timing
        self.order = order
        # Calm is no link fault in force, no party down, nothing drawn or decided: then the fast path is right.
        self._always_slow = timing.is_drawn or order is not None
        self.calm = not self._always_slow
        self.arming = Arming()
        self.balancer = Balancer()
        self.links: dict[tuple[str, str], list[LinkState]] = {}
        self.down: set[str] = set()  # parties without power; only ever asked for membership
        self.crossed = crossed
        self.held = 0  # messages under way that no timer of a process waits for
        self.active_ms = 0  # the instant of the last counted message
        self.arrived_ms = 0  # the instant at which a message that was held arrived last
        self.waiting: dict[str, Answers] = {}  # by the receiver that works on them
        self._swallowed: dict[int, Answers] = {}  # by the event of the partition that lost their message
        self._counters: dict[tuple[str, str], dict[tuple[str, str], list[int]]] = {}

    def counters(self, sender: str, receiver: str) -> dict[tuple[str, str], list[int]]:
        """Return the counts of messages from one role to another by (verb, key); they survive restarts."""
        return self._counters.setdefault((sender, receiver), {})

    def impair(self, link: tuple[str, str], state: LinkState) -> None:
        """Let the link suffer the fault from now on."""
        self.links.setdefault(link, []).append(state)
        self.calm = False

    def restore(self, state: LinkState) -> list[tuple[str, str]]:
        """Let every link be free of the fault, and return those that suffered it.

        What a partition lost stays lost: the connections of those messages are found dead now.
        """
        links = [link for link, states in self.links.items() if state in states]
        for link in links:
            self.links[link].remove(state)
            if not self.links[link]:
                del self.links[link]
        self._fail(self._swallowed.pop(state.event, {}), "the partition swallowed it")
        self._refresh_calm()
        return links

    def states(self, sender: str, receiver: str) -> list[LinkState]:
        """Return the faults in force on this link."""
        return self.links.get((sender, receiver), [])

    def is_partitioned(self, sender: str, receiver: str) -> bool:
        """Tell whether what is sent on this link is lost."""
        return any(state.delay_ms is None for state in self.states(sender, receiver))

    def swallow(self, state: LinkState, answer: asyncio.Future[Any]) -> None:
        """Note that a partition lost the message, or the reply, that `answer` waits for."""
        self._swallowed.setdefault(state.event, {})[answer] = None

    def receipt(self, event: int, process: str, what: str, **figures: object) -> None:
        """Write down that the fault of `event` landed."""
        fault = self.history[event]
        value = {"what": what, **figures}
        self.history.add(self.loop.virtual_ms, "receipt", process, fault.name, value, event)

    def disconnect(self, party: str) -> None:
        """Let nothing reach a party that lost power; all that wait for its answer see the connection reset."""
        self.down.add(party)
        self.calm = False
        self._fail(self.waiting.pop(party, {}), f"{party} reset the connection")

    def reconnect(self, party: str) -> None:
        """Let messages reach the party again."""
        self.down.discard(party)
        self._refresh_calm()

    def _refresh_calm(self) -> None:
        self.calm = not self.down and not self.links and not self._always_slow

    def _fail(self, answers: Answers, why: str) -> None:
        for answer in answers:
            if not answer.done():
                answer.set_exception(self.errors.connection_lost(why))


class _Answered:
    """The rest of an answer that its sender has got: done, and without a reference to anything."""

    def done(self) -> bool:
        return True


ANSWERED: Any = _Answered()


class _Unawaited:
    """Stands for an answer for which its sender does not wait yet."""

    def done(self) -> bool:
        return False


UNAWAITED: Any = _Unawaited()
