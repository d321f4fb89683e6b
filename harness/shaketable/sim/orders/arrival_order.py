"""The orders of one run: which of the arrivals under way happens next, and the deviations that say so again."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Callable, Sequence
from typing import Any

from shaketable.boundary import Boundary, Leg
from shaketable.orders.arrivals import Arrivals
from shaketable.orders.deviation import Deviation, Turn
from shaketable.orders.policy import Orders
from shaketable.sim.orders.made_policy import made_policy
from shaketable.sim.orders.pending import Pending, in_order, objects_of
from shaketable.sim.orders.policy import Thread

SLACK_MS = 50
"""The greatest lateness of an arrival: what `shaketable.sim.timing` draws for an answer, and for a step."""

_Key = tuple[Boundary, Turn]


class ArrivalOrder:
    """Keeps what is under way, and decides which of it arrives next.

    A decision is between the arrivals that are due, and letting time pass. Without policy they happen first in, first out;
    one that a deviation names waits for what that says, but never longer than its slack.
    """

    def __init__(self, orders: Orders) -> None:
        self.under_way: list[Pending] = []
        self.arriving: Pending | None = None  # while what it does is done
        self._numbers = 0
        self._late_until_ms = (
            0  # the instant to which time passed last, as nothing that was due was to arrive
        )
        self._waits = {key_of(d.at, d.leg): d for d in orders.deviations}
        self._until = {key_of(d.until.at, d.until.leg) for d in orders.deviations if d.until is not None}
        self._happened: set[_Key] = set()
        self._policy = made_policy(orders.policy)
        self._threads: dict[asyncio.Task[Any] | None, Thread] = {}
        self._arrived: list[Any] = []  # route, leg and thread of each in turn: nothing that has to be made
        self._late: list[Pending] = []

    def add(
        self,
        boundary: Boundary,
        leg: Leg,
        thread: Thread,
        now_ms: int,
        delay_ms: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
    ) -> Pending:
        """Let `callback(*args)` happen `delay_ms` from now, or up to the slack later. Return what is under way then."""
        due_ms = now_ms + delay_ms
        self._numbers += 1
        pending = Pending(boundary, leg, thread, due_ms, due_ms + SLACK_MS, self._numbers, callback, args)
        under_way = self.under_way
        if not under_way or under_way[-1].due_ms <= due_ms:
            under_way.append(pending)
        else:
            insort(under_way, pending, key=in_order)
        return pending

    def thread(self, sender: str, loop: asyncio.AbstractEventLoop) -> Thread:
        """Return the thread of the task that `loop` runs now, of the process `sender`."""
        task = asyncio.current_task(loop)  # without the loop it would ask the system for the process's id
        thread = self._threads.get(task)
        if thread is None:
            kind = f"{sender} {task.get_name()}" if task else sender
            thread = self._threads[task] = Thread(len(self._threads), kind)
        return thread

    def decide(self, now_ms: int, limit_ms: int) -> tuple[Pending | None, int]:
        """Return what arrives first and when, or None and `limit_ms`, if nothing does until then.

        What arrives is taken as happened. If no time is left, a step follows: what waits for it is late by a millisecond.
        """
        under_way = self.under_way
        if len(under_way) == 1 and not self._waits:
            return self._decide_one(under_way[0], now_ms, limit_ms)
        policy = self._policy
        while True:
            due, to_ms = under_way, limit_ms
            if now_ms < self._late_until_ms or not due or due[-1].due_ms > now_ms:
                due, to_ms = self._due(now_ms, limit_ms)
            if due:
                free = due
                if self._waits:
                    to_ms = self._next_release_ms(due, now_ms, to_ms)
                    free = [pending for pending in due if not self._is_held(pending, now_ms)]
                deadline_ms = due[0].deadline_ms  # of all the first, as all have the same slack
                if now_ms < deadline_ms < to_ms:
                    to_ms = deadline_ms
                passes_to_ms = to_ms if to_ms > now_ms else now_ms + 1
                may_wait = deadline_ms >= passes_to_ms
                if not free:
                    chosen = None if may_wait else due[0]
                elif policy is None:
                    chosen = free[0]
                else:
                    chosen = policy.choose(free, may_wait)
                if chosen is not None:
                    break
                self._late_until_ms = passes_to_ms
                for pending in due:
                    pending.late_until_ms = pending.not_before_ms = passes_to_ms
                    pending.overtaken_by = None
            if to_ms >= limit_ms:
                return None, limit_ms
            now_ms = to_ms
        if chosen is not due[0]:
            for pending in due:
                if pending is chosen:
                    break
                pending.overtaken_by = chosen
        under_way.remove(chosen)
        self._take(chosen)
        return chosen, now_ms

    def _decide_one(self, pending: Pending, now_ms: int, limit_ms: int) -> tuple[Pending | None, int]:
        """Decide the same for the only one under way, if it waits for no other: the usual case."""
        policy, deadline_ms = self._policy, pending.deadline_ms
        not_before_ms = pending.not_before_ms
        while True:
            if not_before_ms > now_ms:
                if not_before_ms >= limit_ms:
                    return None, limit_ms
                now_ms = not_before_ms
            if policy is None:
                break
            to_ms = deadline_ms if now_ms < deadline_ms < limit_ms else limit_ms
            not_before_ms = to_ms if to_ms > now_ms else now_ms + 1
            if policy.choose(self.under_way, deadline_ms >= not_before_ms) is not None:
                break
            self._late_until_ms = pending.late_until_ms = pending.not_before_ms = not_before_ms
            pending.overtaken_by = None
        self.under_way.clear()
        self._take(pending)
        return pending, now_ms

    def _due(self, now_ms: int, limit_ms: int) -> tuple[list[Pending], int]:
        """Return what is due, unless that is all, and the instant, at the latest `limit_ms`, at which the next is."""
        under_way = self.under_way
        if (
            now_ms < self._late_until_ms
        ):  # a step came first: what was to wait for it is not due before it happened
            later = [pending.not_before_ms for pending in under_way if pending.not_before_ms > now_ms]
            return [p for p in under_way if p.not_before_ms <= now_ms], min([limit_ms, *later])
        if not under_way:
            return under_way, limit_ms
        first = len(under_way) - 1
        while first and under_way[first - 1].due_ms > now_ms:
            first -= 1
        due_ms = under_way[first].due_ms
        return under_way[:first], due_ms if due_ms < limit_ms else limit_ms

    def _take(self, chosen: Pending) -> None:
        """Take in that it has happened. What was in time is kept by what it has in common with others: it is most."""
        self._arrived += (chosen.boundary.route, chosen.leg, chosen.thread)
        if chosen.late_until_ms or chosen.overtaken_by is not None:
            self._late.append(chosen)
        if self._until:
            self._note_happened(chosen)

    def _note_happened(self, chosen: Pending) -> None:
        key = chosen.boundary, chosen.leg
        if key in self._until:
            self._happened.add(key)

    def choose_first(self, racing: Sequence[Pending]) -> Pending:
        """Return which of those that race for a row, the one that came first in front, has it first."""
        free = [pending for pending in racing if not self._is_held(pending, pending.due_ms)]
        if not free:
            chosen = racing[0]
        elif self._policy is None or len(racing) == 1:
            chosen = free[0]
        else:
            chosen = self._policy.choose(free, may_wait=False) or free[0]
        for pending in racing:
            if pending is chosen:
                break
            pending.overtaken_by = chosen
        if chosen.overtaken_by is not None:
            self._late.append(chosen)
        if self._until:
            self._note_happened(chosen)
        return chosen

    def deviations(self) -> tuple[Deviation, ...]:
        """Return the deviations that make this order again, without the policy."""
        return tuple(_deviation(pending) for pending in self._late)

    def arrivals(self) -> Arrivals:
        """Count what has arrived."""
        objects: dict[str, dict[str, int]] = {}
        arrived = iter(self._arrived)
        count = 0
        for route, leg, thread in zip(arrived, arrived, arrived, strict=True):
            count += 1
            for place in objects_of(route, leg):
                threads = objects.setdefault(place, {})
                threads[thread.kind] = threads.get(thread.kind, 0) + 1
        return Arrivals(count, objects)

    def close(self) -> None:
        """Drop what is still under way."""
        self.under_way.clear()
        self._threads.clear()

    def _next_release_ms(self, due: list[Pending], now_ms: int, to_ms: int) -> int:
        """Return the first instant until `to_ms` at which one that is late by so much is late no longer."""
        for pending in due:
            waits = self._waits.get((pending.boundary, pending.leg))
            if waits is not None and now_ms < pending.due_ms + waits.late_ms < to_ms:
                to_ms = pending.due_ms + waits.late_ms
        return to_ms

    def _is_held(self, pending: Pending, now_ms: int) -> bool:
        waits = self._waits.get((pending.boundary, pending.leg))
        if waits is None:
            return False
        if waits.until is not None:
            return key_of(waits.until.at, waits.until.leg) not in self._happened
        return now_ms < pending.due_ms + waits.late_ms


def key_of(at: str, leg: Turn) -> _Key:
    """Return the key of an arrival as a deviation names it."""
    return Boundary.parse(at), leg


def _deviation(pending: Pending) -> Deviation:
    """Return for what an arrival waited: for the last one that overtook it, or for a time that passed after that."""
    overtaken_by = pending.overtaken_by
    if overtaken_by is not None:
        return Deviation(str(pending.boundary), pending.leg, overtaken_by.arrival)
    return Deviation(str(pending.boundary), pending.leg, None, pending.late_until_ms - pending.due_ms)
