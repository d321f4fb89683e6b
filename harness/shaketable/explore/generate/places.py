"""What one drawn number means: a boundary of the catalogue, or a message fault at one.

Drawing one number is several times cheaper than drawing route, ordinal, leg and kind apart, and routes with
many messages do not crowd out the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import strategies as st

from shaketable.boundary import Boundary, Leg, Route
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
"""Draw this, and let `Places` decode it."""

_LEGS: tuple[Leg, Leg] = ("request", "reply")
HOLDS_MS = (20, 200, 1_000, 3_000)
_DOWN_MS = (100, 1_000, 5_000)


class Places:
    """The routes of a catalogue and how often each was crossed; `services` are the roles that may lose power.

    A message is held for one of `holds_ms`.
    """

    __slots__ = ("_crossed", "_holds_ms", "_routes", "_services")

    def __init__(
        self,
        catalogue: Sequence[Boundary],
        services: frozenset[str] = frozenset(),
        holds_ms: tuple[int, ...] = HOLDS_MS,
    ) -> None:
        self._crossed = Counter(b.route for b in catalogue)
        self._routes: tuple[Route, ...] = tuple(self._crossed)
        self._services = services
        self._holds_ms = holds_ms

    @staticmethod
    def of(subject: Subject, catalogue: Sequence[Boundary], holds_ms: tuple[int, ...] = HOLDS_MS) -> Places:
        """The places of a subject: only its own parts lose power."""
        target = subject.target
        parts = frozenset(p.role for p in target.parts) if isinstance(target, System) else frozenset()
        return Places(catalogue, parts, holds_ms)

    def __bool__(self) -> bool:
        return bool(self._routes)

    def boundary(self, pick: int) -> Boundary:
        """Any boundary: routes are equally likely, then their messages. ValueError without a catalogue."""
        if not self._routes:
            raise ValueError("the fault-free workload crossed no boundary")
        pick, index = divmod(pick, len(self._routes))
        route = self._routes[index]
        return Boundary(route, 1 + pick % self._crossed[route])

    def fault(self, pick: int) -> Message:
        """Any message fault that makes sense at some boundary; kinds and legs are equally likely."""
        pick, leg = divmod(pick, 2)
        pick, kind = divmod(pick, 6)
        pick, size = divmod(pick, 12)
        boundary = self.boundary(pick)
        return self._at(boundary, _LEGS[leg], kind, size)

    def _at(self, boundary: Boundary, leg: Leg, kind: int, size: int) -> Message:
        at, route = str(boundary), boundary.route
        if kind == 0:
            return Cut(at=at, leg=leg)
        if kind == 1:
            return Hold(at=at, leg=leg, for_ms=self._holds_ms[size % len(self._holds_ms)])
        if kind == 2 and can_duplicate(route.verb):
            return Duplicate(at=at, leg=leg)
        if kind in (2, 3) and route.sender in self._services:
            return CrashSender(at=at, leg=leg, down_ms=_DOWN_MS[size % 3])
        if kind == 4 and route.receiver in self._services:
            return CrashReceiver(at=at, leg=leg, down_ms=_DOWN_MS[size % 3])
        return Drop(at=at, leg=leg)
