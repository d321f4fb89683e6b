"""The orders of one run of a component: which of the calls that are ready goes on, and the deviations that say so again.

A call is at a point before each line of the subject's own code (on threads), at each lock (on threads and greenlets), and at
each await at which it gives up control (asyncio). In the calm order it runs from point to point until it waits or ends, and only
then the schedule's next step is taken. A policy may let any other call that is ready go on first, or the next step happen. A
call that was overtaken is late by a deviation: it stands until the last that overtook it has gone on from where that stood.

No time passes meanwhile, and no fault happens between: before a step that is no start or end of a call, all calls run
until they wait. What a thread sees of a clock is so what it saw in the calm order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from shaketable.access import Access, order_digest
from shaketable.boundary import Boundary, Route
from shaketable.components.scheduling.line_touches import LineTouch
from shaketable.components.scheduling.pct_by_episode import PctByEpisode
from shaketable.components.scheduling.standing import OUTSIDE_WORDS, Address, Standing
from shaketable.orders.arrivals import Arrivals
from shaketable.orders.call_point import HARNESS
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.orders.policy import Orders
from shaketable.sim.orders.made_policy import made_policy
from shaketable.sim.orders.policy import Thread

READY_MAX = 3
"""The next step happens first only if fewer calls stand: in how many orders they may have been decided grows with each."""
_OVERTAKES = 1 / 8
"""The share of steps that a policy may let happen first, but for `pct`, which rarely does. Where many calls overlap, a checker knows
little of what any of them had to be told, and takes long to find out."""

_UNKNOWN = ("",)
"""The object of a part of a call of which nothing is known: it may be at all that others are at."""

Tell = Callable[[str, str, Address], bool]
"""Takes in that the call of a task or worker stands at a place while another goes on; False if there is nothing to tell."""


class CallOrder:
    """Decides which call goes on. `kind` names the component in addresses.

    `step` is the address of the schedule's next step while it may happen before the calls that are ready, else None.
    `on_overtaken` is called when a call stands in the middle of something while another goes on, and `on_gone_on`, with its name, when
    such a call does so itself.
    """

    def __init__(self, orders: Orders, kind: str) -> None:
        self.step: Address | None = None
        self.on_overtaken: Tell | None = None
        self.on_gone_on: Callable[[str], None] | None = None
        self._told: set[str] = set()
        self._midway: dict[str, str] = {}
        self._last = ""  # what went on last
        self._kind = kind
        self._waits = {
            _address(deviation.at): None if deviation.until is None else _address(deviation.until.at)
            for deviation in orders.deviations
        }
        self._until = set(self._waits.values())
        self._happened: set[Address] = set()
        policy = orders.policy
        by_episode = policy is not None and policy.name == "pct"
        self._policy = PctByEpisode(policy) if policy is not None and by_episode else made_policy(policy)
        self._chance = Random(policy.seed) if policy is not None and not by_episode else None
        self._threads: dict[str, Thread] = {}
        self._times: dict[tuple[str, str, str], int] = {}
        self._number = self._decisions = 0
        self._touched: dict[tuple[str, str], int] = {}
        self._late: list[Standing] = []
        self._gone_on: list[Standing] = []

    def allow_step(self, step: Address | None) -> None:
        """Let the schedule's next step happen before the calls that are ready; a policy does not always take the chance.

        It does where a deviation waits for that step.
        """
        if step is not None and self._chance is not None and self._chance.random() >= _OVERTAKES:
            step = step if step in self._until else None
        self.step = step

    def stand(self, name: str, verb: str, touch: LineTouch) -> Standing:
        """Take in that `name` comes to a point before `touch`."""
        place, objects, writes = touch
        at = name, verb, place
        times = self._times[at] = self._times.get(at, 0) + 1
        self._number += 1
        thread = self._threads.get(name)
        if thread is None:
            thread = self._threads[name] = Thread(len(self._threads), name.partition("-")[0])
        touched = self._touched
        for one in objects:
            touched[one, name] = touched.get((one, name), 0) + 1
        return Standing((*at, times), thread, self._number, objects, writes)

    def choose(self, ready: Sequence[Standing]) -> Standing | None:
        """Return which of `ready`, in the calm order, goes on; None if the next step happens first.

        What is chosen is taken as gone on.
        """
        step = self.step if len(ready) < READY_MAX else None
        free = [one for one in ready if not self._is_held(one)] if self._waits else ready
        if not free:
            chosen = None if step is not None else ready[0]
        elif self._policy is None or (len(ready) == 1 and step is None):
            chosen = free[0]
        else:
            self._decisions += 1
            chosen = self._policy.choose(free, step is not None)
        if chosen is not None:
            self._overtake(ready, chosen, chosen.address)
            self.go_on(chosen)
        elif step is not None:
            self._overtake(ready, None, step)
        return chosen

    def go_on(self, standing: Standing) -> None:
        """Take in that a call goes on from where it stands; call it for one that is ready alone."""
        if standing.address in self._until:
            self._happened.add(standing.address)
        self._gone_on.append(standing)
        name = standing.address[0]
        if name != self._last:
            self._last = name
            self._midway.pop(name, None)
            for other, place in list(self._midway.items()):
                if other.partition(".")[0] != name.partition(".")[0] and self._tell(
                    other, place, standing.address
                ):
                    del self._midway[other]
        if name in self._told:
            self._told.discard(name)
            if self.on_gone_on is not None:
                self.on_gone_on(name)

    def leave_midway(self, name: str, touch: LineTouch) -> None:
        """Take in that `name` gave up control in the middle of something: should another call go on first, that is told."""
        self._midway[name] = touch.place or OUTSIDE_WORDS
        self._last = ""

    def pass_step(self, step: Address) -> None:
        """Take in that a start or an end of a call happens."""
        self._happened.add(step)

    def deviations(self) -> tuple[Deviation, ...]:
        """Return the deviations that make this order again, without the policy."""
        return tuple(
            Deviation(self._text(one.address), "request", Arrival(self._text(one.overtaken_by), "request"))
            for one in self._late
            if one.overtaken_by is not None
        )

    def arrivals(self) -> Arrivals:
        """Count the decisions, and by attribute the points those of the call that came to most of them; tell in which order calls were at attributes.

        Attributes are told apart by their names, as far as the lines tell.
        """
        objects: dict[str, dict[str, int]] = {}
        for (place, name), count in self._touched.items():
            kinds = objects.setdefault(place, {})
            kind = self._threads[name].kind
            kinds[kind] = max(count, kinds.get(kind, 0))
        accesses = [
            Access(one.address[0], "write" if one.writes else "read", touched, one.place, 0, 0)
            for one in self._gone_on
            for touched in one.objects or (() if one.address[1] == "LINE" else _UNKNOWN)
        ]
        return Arrivals(self._decisions, objects, order_digest(accesses) if accesses else "")

    def close(self) -> None:
        """Cut the circle of order and driver."""
        self.on_overtaken = self.on_gone_on = None

    def _overtake(self, ready: Sequence[Standing], chosen: Standing | None, by: Address) -> None:
        for one in ready:
            if one is chosen:
                return
            if one.overtaken_by is None:
                self._late.append(one)
            one.overtaken_by = by
            self._tell(one.address[0], one.place, by)

    def _tell(self, name: str, place: str, by: Address) -> bool:
        """Tell once that `name` stands; False if there is nothing to tell yet."""
        if name not in self._told and self.on_overtaken is not None and self.on_overtaken(name, place, by):
            self._told.add(name)
        return name in self._told

    def _is_held(self, standing: Standing) -> bool:
        if standing.address not in self._waits:
            return False
        return self._waits[standing.address] not in self._happened

    def _text(self, address: Address) -> str:
        name, verb, place, times = address
        receiver = place if name == HARNESS else self._kind
        return str(Boundary(Route(name, receiver, verb, "" if name == HARNESS else place), times))


def _address(text: str) -> Address:
    (sender, receiver, verb, key), n = Boundary.parse(text)
    return sender, verb, receiver if sender == HARNESS else key, n
