"""Message faults that wait for their message: every world arms, counts and takes them in the same way."""

from __future__ import annotations

from shaketable.boundary import Boundary, Leg
from shaketable.fault import Message, TooLarge, name_of


class Armed:
    """A message fault waiting for its message; `event` is its fault event in the history.

    One that several messages meet leaves its receipt at the first: `landed`.
    """

    __slots__ = ("event", "fault", "landed")

    def __init__(self, fault: Message, event: int) -> None:
        self.fault = fault
        self.event = event
        self.landed = False

    def __str__(self) -> str:
        return f"{name_of(self.fault)} on the {self.fault.leg} of {self.fault.at}"


class Arming:
    """The armed faults of one run, by route and number. Falsy when nothing is armed."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, str, str, str], dict[int, list[Armed]]] = {}
        """By route, then by number; empty when nothing is armed."""

    def __bool__(self) -> bool:
        return bool(self.waiting)

    def arm(self, fault: Message, event: int) -> None:
        """Let `fault` happen when its message comes; it never lands if the message has passed already."""
        route, n = fault.boundary
        armed = Armed(fault, event)
        for number in range(n, n + (fault.times if isinstance(fault, TooLarge) else 1)):
            self.waiting.setdefault(route, {}).setdefault(number, []).append(armed)

    def concerns(self, route: tuple[str, str, str, str], n: int) -> bool:
        """Tell whether any leg of this message has a fault armed. A plain tuple equals the `Route` it spells."""
        of_route = self.waiting.get(route)
        return of_route is not None and n in of_route

    def is_armed(self, boundary: Boundary, leg: Leg) -> bool:
        """Tell whether this leg of this message has a fault armed."""
        waiting = self.waiting.get(boundary.route, {}).get(boundary.n, ())
        return any(armed.fault.leg == leg for armed in waiting)

    def take(self, boundary: Boundary, leg: Leg) -> list[Armed]:
        """Disarm the faults of this leg of this message and return them."""
        of_route = self.waiting.get(boundary.route)
        waiting = of_route.get(boundary.n) if of_route else None
        if not of_route or not waiting:
            return []
        taken = [a for a in waiting if a.fault.leg == leg]
        waiting[:] = [a for a in waiting if a.fault.leg != leg]
        if not waiting:
            del of_route[boundary.n]
            if not of_route:
                del self.waiting[boundary.route]
        return taken

    def disarm(self) -> None:
        """Disarm every fault."""
        self.waiting.clear()
