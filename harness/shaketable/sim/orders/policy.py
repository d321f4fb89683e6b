"""The policy interface: which of the things that could happen next happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self, TypeVar


class Thread(NamedTuple):
    """What happens one thing after the other: a task of a process, a call. `kind` is what those of the same work have in common."""

    number: int
    kind: str


class Candidate(Protocol):
    """Something that could happen next: an arrival in a system, or a call of a component that could go on.

    `number` is its own, `objects` are what it is at, `priority` is for its policy; below 0 it has none yet.
    """

    priority: float

    @property
    def number(self) -> int: ...
    @property
    def thread(self) -> Thread: ...
    @property
    def objects(self) -> tuple[str, ...]: ...
    def conflicts_with(self, other: Self, /) -> bool:
        """Tell whether the order of the two can matter."""
        ...


C = TypeVar("C", bound=Candidate)


class OrderPolicy(Protocol):
    """Decides one run. It draws from one source of chance and looks at nothing but what it is shown, so it decides the same again."""

    def choose(self, due: Sequence[C], may_wait: bool) -> C | None:
        """Return which of `due` happens next, or None for what stands behind all of them, which is allowed if `may_wait`.

        That is the passing of time in a system, the next step of the schedule in a component. `due` is never empty, and in
        the order first in, first out.
        """
        ...
