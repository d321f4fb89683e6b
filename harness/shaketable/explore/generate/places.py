"""Decoding one drawn number: into a boundary that the workload crosses, or into a message fault at one.

Drawing one number is several times cheaper than drawing route, ordinal, leg and kind separately, and routes with
many messages do not crowd out the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import strategies as st

from shaketable.boundary import Boundary, Leg, Route
from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS, FaultOptions
from shaketable.fault import (
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Hold,
    Message,
    can_duplicate,
)
from shaketable.subject import Subject, System

PICK = st.integers(0, 2**32 - 1)
"""The number to draw; `Places` decodes it."""

_LEGS: tuple[Leg, Leg] = ("request", "reply")


class Places:
    """The routes of `boundaries` and how often each was crossed; only the roles in `services` can crash.

    `options` say how long a message is held and how long a crashed process stays down. False if there is no route.
    """

    __slots__ = ("_crossed", "_options", "_routes", "_services")

    def __init__(
        self,
        boundaries: Sequence[Boundary],
        services: frozenset[str] = frozenset(),
        options: FaultOptions = DEFAULT_FAULT_OPTIONS,
    ) -> None:
        self._crossed = Counter(b.route for b in boundaries)
        self._routes: tuple[Route, ...] = tuple(self._crossed)
        self._services = services
        self._options = options

    @staticmethod
    def of(
        subject: Subject, boundaries: Sequence[Boundary], options: FaultOptions = DEFAULT_FAULT_OPTIONS
    ) -> Places:
        """Return the places of `subject`, in which only its own parts crash."""
        target = subject.target
        parts = frozenset(p.role for p in target.parts) if isinstance(target, System) else frozenset()
        return Places(boundaries, parts, options)

    def __bool__(self) -> bool:
        return bool(self._routes)

    def boundary(self, pick: int) -> Boundary:
        """Return a boundary: routes are equally likely, then their messages. Raises ValueError if there is no route."""
        if not self._routes:
            raise ValueError("the fault-free workload crossed no boundary")
        pick, index = divmod(pick, len(self._routes))
        route = self._routes[index]
        return Boundary(route, 1 + pick % self._crossed[route])

    def fault(self, pick: int) -> Message:
        """Return a message fault that makes sense at its boundary: kinds and legs are equally likely."""
        pick, leg = divmod(pick, 2)
        pick, kind = divmod(pick, 6)
        pick, size = divmod(pick, 12)
        boundary = self.boundary(pick)
        return self._at(boundary, _LEGS[leg], kind, size)

    def _at(self, boundary: Boundary, leg: Leg, kind: int, size: int) -> Message:
        at, route = str(boundary), boundary.route
        holds_ms, down_ms = self._options.holds_ms, self._options.down_ms
        if kind == 0:
            return Cut(at=at, leg=leg)
        if kind == 1:
            return Hold(at=at, leg=leg, for_ms=holds_ms[size % len(holds_ms)])
        if kind == 2 and can_duplicate(route.verb):
            return Duplicate(at=at, leg=leg)
        if kind in (2, 3) and route.sender in self._services:
            return CrashSender(at=at, leg=leg, down_ms=down_ms[size % len(down_ms)])
        if kind == 4 and route.receiver in self._services:
            return CrashReceiver(at=at, leg=leg, down_ms=down_ms[size % len(down_ms)])
        return Drop(at=at, leg=leg)
