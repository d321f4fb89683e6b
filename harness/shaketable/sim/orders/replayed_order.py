"""The order of a run that deviations alone decide: each decision costs about the same, however much is under way and held."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from shaketable.boundary import Boundary, Leg
from shaketable.orders.deviation import Turn
from shaketable.orders.policy import Orders
from shaketable.sim.orders.arrival_order import ArrivalOrder, key_of
from shaketable.sim.orders.pending import Pending, in_order
from shaketable.sim.orders.policy import Thread


class ReplayedOrder(ArrivalOrder):
    """An `ArrivalOrder` without a policy. It decides the same, but looks at none that is held until what that waits for has come."""

    def __init__(self, orders: Orders) -> None:
        super().__init__(orders)
        self._free: list[Pending] = []  # those under way that wait for nothing, first in, first out
        self._waiting: dict[tuple[Boundary, Turn], list[Pending]] = {}  # by what they wait for
        self._releases: list[tuple[int, int, Pending]] = []  # when those that wait for a time are free
        self._seen = 0  # how many had been sent when time passed last
        self._overtaking: list[Pending] = []

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
        """See `ArrivalOrder.add`."""
        pending = super().add(boundary, leg, thread, now_ms, delay_ms, callback, args)
        waits = self._waits.get((boundary, leg))
        if waits is None:
            insort(self._free, pending, key=in_order)
        elif waits.until is None:
            heappush(self._releases, (pending.due_ms + waits.late_ms, pending.number, pending))
        else:
            until = key_of(waits.until.at, waits.until.leg)
            if until in self._happened:
                insort(self._free, pending, key=in_order)
            else:
                self._waiting.setdefault(until, []).append(pending)
        return pending

    def decide(self, now_ms: int, limit_ms: int) -> tuple[Pending | None, int]:
        """See `ArrivalOrder.decide`."""
        under_way, free = self.under_way, self._free
        while True:
            self._release(now_ms)
            # In the instant in which a step follows, only what was sent since then is due.
            since = (now_ms, self._seen + 1) if now_ms < self._late_until_ms else (-1, 0)
            first = bisect_left(under_way, since, key=in_order)
            end = bisect_right(under_way, (now_ms, self._numbers), key=in_order)
            to_ms = under_way[end].due_ms if end < len(under_way) else limit_ms
            to_ms = min(to_ms, limit_ms)
            if now_ms < self._late_until_ms:
                to_ms = min(to_ms, self._late_until_ms)
            if first < end:
                if self._releases:
                    to_ms = min(to_ms, self._releases[0][0])
                deadline_ms = under_way[first].deadline_ms
                if now_ms < deadline_ms < to_ms:
                    to_ms = deadline_ms
                passes_to_ms = to_ms if to_ms > now_ms else now_ms + 1
                at = bisect_left(free, since, key=in_order)
                if at < len(free) and free[at].due_ms <= now_ms:
                    return self._let_arrive(free[at]), now_ms
                if deadline_ms < passes_to_ms:
                    return self._let_arrive(under_way[first]), now_ms
                self._late_until_ms, self._seen = passes_to_ms, self._numbers
                for pending in under_way[first:end]:
                    pending.late_until_ms = pending.not_before_ms = passes_to_ms
            self._overtaking.clear()
            if to_ms >= limit_ms:
                return None, limit_ms
            now_ms = to_ms

    def close(self) -> None:
        """See `ArrivalOrder.close`."""
        super().close()
        for kept in (self._free, self._waiting, self._releases, self._overtaking):
            kept.clear()

    def _let_arrive(self, chosen: Pending) -> Pending:
        key = in_order(chosen)
        for those in (self.under_way, self._free):
            at = bisect_left(those, key, key=in_order)
            if at < len(those) and those[at] is chosen:  # one that may wait no longer is not free
                del those[at]
        chosen.overtaken_by = self._last_before(chosen)
        self._take(chosen)
        return chosen

    def _note_happened(self, chosen: Pending) -> None:
        super()._note_happened(chosen)
        for pending in self._waiting.pop((chosen.boundary, chosen.leg), ()):
            if self._is_under_way(pending):
                insort(self._free, pending, key=in_order)

    def _last_before(self, chosen: Pending) -> Pending | None:
        """Return the last that arrived since time passed and was sent later, and take in that `chosen` arrives.

        Of what arrived only that is kept which no other overtakes for good: each was sent before the one that it stands on.
        """
        overtaking = self._overtaking
        below = bisect_left(
            overtaking, _backwards(in_order(chosen)), key=lambda one: _backwards(in_order(one))
        )
        found = overtaking[below - 1] if below else None
        del overtaking[below:]
        overtaking.append(chosen)
        return found

    def _release(self, now_ms: int) -> None:
        releases = self._releases
        while releases and (releases[0][0] <= now_ms or not self._is_under_way(releases[0][2])):
            pending = heappop(releases)[2]
            if self._is_under_way(pending):
                insort(self._free, pending, key=in_order)

    def _is_under_way(self, pending: Pending) -> bool:
        at = bisect_left(self.under_way, in_order(pending), key=in_order)
        return at < len(self.under_way) and self.under_way[at] is pending


def _backwards(key: tuple[int, int]) -> tuple[int, int]:
    return -key[0], -key[1]
