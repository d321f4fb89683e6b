"""An arrival that is due: one leg of a message under way, which could happen next."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from shaketable.boundary import Boundary, Route
from shaketable.orders.deviation import Arrival, Turn
from shaketable.sim.orders.policy import Thread

_READS = frozenset({"SELECT", "GET", "ZRANGE", "ZRANK", "FETCH"})


class Pending:
    """One leg under way: in time at `due_ms`, at the latest at `deadline_ms`; `number` counts legs in the order of sending."""

    __slots__ = (
        "_objects",
        "args",
        "boundary",
        "callback",
        "deadline_ms",
        "due_ms",
        "late_until_ms",
        "leg",
        "not_before_ms",
        "number",
        "overtaken_by",
        "priority",
        "thread",
    )

    def __init__(
        self,
        boundary: Boundary,
        leg: Turn,
        thread: Thread,
        due_ms: int,
        deadline_ms: int,
        number: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
    ) -> None:
        self.boundary = boundary
        self.leg = leg
        self.thread = thread
        self.due_ms = due_ms
        self.deadline_ms = deadline_ms
        self.number = number
        self.callback = callback
        self.args = args
        self.not_before_ms = due_ms
        self.overtaken_by: Pending | None = None  # the last one, unless time passed after it
        self.priority = -1.0  # drawn by a policy, if it is one of priorities of events
        self._objects: tuple[str, ...] | None = None
        self.late_until_ms = 0  # the instant to which time passed last, unless another overtook it after that

    @property
    def objects(self) -> tuple[str, ...]:
        """What it is at, as far as its address tells: the receiver's table, topic or key, or, for a reply, the sender's memory."""
        found = self._objects
        if found is None:
            found = self._objects = objects_of(self.boundary.route, self.leg)
        return found

    @property
    def writes(self) -> bool:
        """True if it may change that."""
        return self.leg != "request" or self.boundary.route.verb not in _READS

    @property
    def arrival(self) -> Arrival:
        """Its name, the same in every run."""
        return Arrival(str(self.boundary), self.leg)

    def conflicts_with(self, other: Pending) -> bool:
        """Tell whether the order of the two can matter: both at one object, and at least one changes it."""
        mine, others = self._objects or self.objects, other._objects or other.objects
        if mine is not others and not (set(mine) & set(others) if len(mine) > 1 else mine[0] in others):
            return False
        return self.writes or other.writes


@lru_cache(maxsize=4096)
def objects_of(route: Route, leg: Turn) -> tuple[str, ...]:
    """Return what such an arrival is at, see `Pending.objects`."""
    if leg == "reply":
        return (f"{route.sender} memory",)
    return tuple(f"{route.receiver} {part}" for part in route.key.split(","))


def in_order(pending: Pending) -> tuple[int, int]:
    """Return the key by which arrivals are first in, first out."""
    return pending.due_ms, pending.number
