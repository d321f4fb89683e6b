"""The state that all edges of a world share: counters, armed faults, faults in force on links, receipts.

The tap's half of docs/faults.md. One run at a time: `begin` forgets the last one.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from shaketable.boundary import Boundary, Route
from shaketable.history import COMPLETIONS, History, Json
from shaketable.network.armed_faults import Arming
from shaketable.network.balancer import Balancer
from shaketable.network.link_state import LinkState
from shaketable.network.replica_roles import Roles
from shaketable.real.tap.framer import Exchange, Marks

_NEVER = -1
_OF_MEMBERS = {"membership", "regroups", "waits", "assigned", "refused"}
"""Marks of heartbeats and the like: no oracle wants them."""


class Power(Protocol):
    """Starts and stops the real processes."""

    async def crash(self, party: str, down_ms: int) -> bool:
        """Kill it now and let it come back `down_ms` later; False when it was not running."""
        ...


PutOut = Callable[[str, str, str], Awaitable[bool]]
"""Makes a server put a member out of its group: from server, group and member's id; False if it did not."""


async def _no_one(_server: str, _group: str, _member: str) -> bool:
    return False


class Switchboard:
    """Counts boundaries as the simulated world does and decides what goes wrong where.

    `elapsed_ms` is the run's clock; `scale` of its milliseconds pass in a real one. `spell` turns a key on the wire into
    the key of an address (a world that keeps runs apart by a namespace takes it off here). Addresses are of `roles`;
    links and receipts are of the parties themselves. `put_out` acts past the tap.
    """

    def __init__(
        self,
        power: Power,
        elapsed_ms: Callable[[], int],
        spell: Callable[[str], str],
        *,
        scale: float = 1.0,
        roles: Roles | None = None,
        put_out: PutOut = _no_one,
    ) -> None:
        self.power = power
        self._put_out = put_out
        self.roles = roles or Roles()
        self.elapsed_ms = elapsed_ms
        self.scale = scale
        self._spell = spell
        self._tasks: dict[asyncio.Task[None], None] = {}
        self.sessions: dict[
            tuple[str, str], str
        ] = {}  # (server, its name of a connection): the client, of all runs
        self.members: dict[str, None] = {}  # clients that asked to join a consumer group, in any run
        self.pollers: dict[tuple[str, str], int] = {}  # (client, table): when it asked and found no work
        self.all_pollers_seen = False
        self.subscriptions: dict[str, frozenset[str]] = {}  # the topics of each group, of all runs
        self.regrouped_s = (
            -math.inf
        )  # monotonic: when a member last joined, was let in, or was told of a rebalance, in any run
        self.session_s = (
            0.0  # real seconds: the longest silence that a group bears of a member, as members ask for
        )
        self.heard: dict[tuple[str, str], float] = {}  # monotonic: when each (group, member) last spoke
        self.memberships: dict[
            tuple[str, str], tuple[str, str]
        ] = {}  # (group, member): its client, at which server, of all runs
        self.balanced_by_broker: dict[str, None] = {}  # groups of the newer protocol
        self.transactional: dict[str, str] = {}  # producers by transactional id, with their client
        self.refused: dict[str, tuple[str, int]] = {}  # producers' clients: (server, error)
        self.unread_joins = False  # a client joined a group by a request that could not be read
        self.groups: dict[str, str] = {}  # which group a consumer commits for; a fetch does not say
        self.begin(History(), frozenset(), trace=False)

    def begin(self, history: History, polls: frozenset[tuple[str, str]], *, trace: bool) -> None:
        """Begin a new run: nothing has been counted, nothing is armed, every link carries."""
        self.history = history
        self.arming = Arming()
        self.balancer = Balancer()
        self.links: dict[tuple[str, str], list[LinkState]] = {}
        self.note_activity()
        self.held = 0
        self.pollers = dict.fromkeys(self.pollers, _NEVER)
        self.marked: list[tuple[int, str, str, Marks]] = []
        self.changes: list[tuple[int, str, str, Json]] = []  # when, by whom, at which server, what
        self.produced: list[
            tuple[int, str, Marks]
        ] = []  # when it arrived, by whom, and what: its reply adds to it
        self.delivered: dict[
            tuple[str, int], int
        ] = {}  # the offset behind the last record that was delivered
        self.crossed: list[Boundary] | None = [] if trace else None
        self._polls = polls
        self._counters: dict[Route, int] = {}

    def count(self, sender: str, receiver: str, names: tuple[tuple[str, str], ...]) -> list[Boundary]:
        """Return the addresses of an exchange's messages, in order; polls have none."""
        boundaries = []
        sender, receiver = self.roles.role_of(sender), self.roles.role_of(receiver)
        for verb, raw in names:
            key = self._spell(raw)
            if (verb, key) in self._polls:
                continue
            route = Route(sender, receiver, verb, key)
            n = self._counters[route] = self._counters.get(route, 0) + 1
            boundaries.append(Boundary(route, n))
        if boundaries:
            self.note_activity()
            if self.crossed is not None:
                self.crossed.extend(boundaries)
        return boundaries

    def note_activity(self) -> None:
        """Note that something has happened just now, so that a silence begins anew."""
        self.active_ms = self.elapsed_ms()
        self._work_was_found = False

    def arrived(self, client: str, exchange: Exchange) -> None:
        """Note a request that is passed on whole: a record's own time stamp, of its sending, may be long ago."""
        marks = exchange.marks
        if "waits" in marks or "joins" in marks:
            self.regrouped_s = time.monotonic()
        if "joins" in marks:
            self.members[client] = None
            self._subscribe(marks)
        self._hear(marks)
        for member in marks.get("left", ()):
            self._forget_member(member)
        if "transactional" in marks:
            self.transactional[marks["transactional"]] = client
        if "produced" in marks or "ended" in marks:
            self.produced.append((self.elapsed_ms(), client, marks))

    def answered(
        self, client: str, server: str, exchange: Exchange, *, poll_asked_ms: int | None = None
    ) -> None:
        """Note an exchange that is over: what its framer marked is what the oracles at the tap saw."""
        marks = exchange.marks
        if not marks:
            return
        if "joins" in marks or marks.get("regroups"):
            self.regrouped_s = time.monotonic()
        if marks.get("assigned"):
            self.note_activity()  # it has work now, or none
        self._hear(marks)
        if marks.get("membership", ("", ""))[1]:
            self.memberships[marks["membership"]] = client, server
        if "refused" in marks:
            self.refused[client] = server, marks["refused"]
        if marks.keys() <= _OF_MEMBERS:
            return
        table, rows = marks.get("selected", ("", 0))
        if poll_asked_ms is not None and table and self._polls_by_itself(client, table):
            self.pollers[client, table] = _NEVER if rows else poll_asked_ms
            if rows and not self._work_was_found:
                self.note_activity()  # once: rows that are found and left alone for ever are no activity
                self._work_was_found = True
        for topic, partition, offset in marks.get("delivered", ()):
            place = topic, partition
            self.delivered[place] = max(offset + 1, self.delivered.get(place, 0))
        if "group" in marks:
            self.groups[client] = marks["group"]
        if rows or "selected" not in marks:  # a poll finds nothing most of the time
            self.marked.append((self.elapsed_ms(), client, server, marks))

    async def put_out(self, client: str) -> list[str]:
        """Put the members of a client out of their groups, and return the groups' names, sorted; none for one that is in no group."""
        groups: dict[str, None] = {}
        for (group, member), (owner, server) in list(self.memberships.items()):
            if owner == client:
                if await self._put_out(server, group, member):
                    groups[group] = None
                    self.regrouped_s = time.monotonic()
                self._forget_member((group, member))
        return sorted(groups)

    def _forget_member(self, member: tuple[str, str]) -> None:
        self.heard.pop(member, None)
        self.memberships.pop(member, None)

    def _polls_by_itself(self, client: str, table: str) -> bool:
        """Tell whether no op asked it to: while one is open, a poll may be made for it, and never be made again."""
        if (client, table) in self.pollers:
            return True
        kinds = [event.kind for event in self.history.events]
        return kinds.count("invoke") == sum(kind in COMPLETIONS for kind in kinds)

    def _hear(self, marks: Marks) -> None:
        """Note that a member lives, which a broker may give up or take for dead."""
        group, member = marks.get("membership", ("", ""))
        if member:
            self.heard[group, member] = time.monotonic()

    def _subscribe(self, marks: Marks) -> None:
        self.session_s = max(self.session_s, marks.get("session_ms", 0) / 1000)
        if "subscribed" not in marks:
            self.unread_joins = True
            return
        group, topics = marks["subscribed"]
        if "balanced_by_broker" in marks:
            self.balanced_by_broker[group] = None
        self.subscriptions[group] = self.subscriptions.get(group, frozenset()) | frozenset(topics)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run what outlives the connection that caused it."""
        task = asyncio.ensure_future(coroutine)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return task

    async def finished(self) -> None:
        """Wait for everything that was spawned. It has no limit of its own: the run has one for all faults."""
        await asyncio.gather(*self._tasks)

    def receipt(self, event: int, process: str, what: str, **figures: Json) -> None:
        """Write down that the fault of `event` landed."""
        name = self.history[event].name
        self.history.add(self.elapsed_ms(), "receipt", process, name, {"what": what, **figures}, event)

    def latency_ms(self, sender: str, receiver: str) -> int:
        """Return how much longer each leg takes on this link now."""
        delay_ms = 0
        for state in self.links.get((sender, receiver), ()):
            if more_ms := state.delay_ms:
                self._landed(state, sender, f"a message took {more_ms} ms longer")
                delay_ms += more_ms
        return delay_ms

    def is_partitioned(self, sender: str, receiver: str) -> bool:
        """Tell whether what is sent on this link now is lost."""
        for state in self.links.get((sender, receiver), ()):
            if state.delay_ms is None:
                self._landed(state, sender, "a message was lost")
                return True
        return False

    def refuses_session(self, sender: str, receiver: str) -> bool:
        """Tell whether a database has no session for a client now."""
        for state in self.links.get((sender, receiver), ()):
            if state.refuses_sessions:
                self._landed(state, sender, "a session was refused")
                return True
        return False

    def _landed(self, state: LinkState, sender: str, what: str) -> None:
        if not state.landed:
            state.landed = True
            self.receipt(state.event, sender, what)
