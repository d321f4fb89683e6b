"""Decoding one drawn number: into a boundary that the workload crosses, or into a message fault at one.

Drawing one number is several times cheaper than drawing route, ordinal, leg and kind separately, and routes with
many messages do not crowd out the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import strategies as st

from shaketable.boundary import Boundary, Route
from shaketable.explore.generate.drawn_faults import LEGS, MESSAGE_DRAWS, Place, message_fault
from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS, FaultOptions
from shaketable.fault import Message, commits_offsets
from shaketable.subject import Subject, System

PICK = st.integers(0, 2**32 - 1)
"""The number to draw; `Places` decodes it."""


class Places:
    """The routes of `boundaries` and how often each was crossed; only the roles in `services` can crash.

    `options` say how long a message is held and how long a crashed process stays down. False if there is no route.
    """

    __slots__ = ("_crossed", "_members", "_options", "_routes", "_services")

    def __init__(
        self,
        boundaries: Sequence[Boundary],
        services: frozenset[str] = frozenset(),
        options: FaultOptions = DEFAULT_FAULT_OPTIONS,
    ) -> None:
        self._crossed = Counter(b.route for b in boundaries)
        self._routes: tuple[Route, ...] = tuple(self._crossed)
        self._services = services
        self._members = frozenset(route.sender for route in self._routes if commits_offsets(route))
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
        pick, kind = divmod(pick, len(MESSAGE_DRAWS))
        pick, size = divmod(pick, 12)
        place = Place(self.boundary(pick), LEGS[leg], self._services, self._members)
        return message_fault(place, kind, self._options, size)
