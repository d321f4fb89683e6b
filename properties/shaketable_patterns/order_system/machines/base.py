"""The machine that every family of the order system derives from: few coarse rules over a model of its own.

Values come from the model, never from an answer. Hypothesis sorts rules by name: another name draws other schedules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis.stateful import initialize, precondition, rule

from shaketable.boundary import Boundary
from shaketable.explore.generate.places import PICK
from shaketable.fault import Fault
from shaketable.history import Json
from shaketable.mapping.ops import OpRole, players
from shaketable.schedule import Inject, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_system.consumer_mapping import ops
from shaketable_patterns.order_system.machines.nemesis_machine import (
    NemesisMachine,
    intervals_of,
    with_fields,
)
from shaketable_patterns.order_system.machines.values import Values

CALM_MS = 20_000
"""Longer than any client, service or lease waits: what is asked for after that must succeed."""
REPEATS_MAX = 3
EVENTS_MAX = 5
_TROUBLES = (0, 0, 1, 2)
"""How many troubles a run has: half of the runs have none, for they are long, and simple mistakes need none."""
_TROUBLES_WHERE_DEAR = (0, 0, 0, 0, 0, 0, 0, 1)
"""On real servers a trouble takes as long as several runs without one."""

Trouble = Callable[[int], None]


class OrderMachine(NemesisMachine):
    """Base of the machines of all families: the model of what was placed, and the nemesis of these services."""

    orders_max = 4
    """A defect needs one or two; every order more makes a run slower and its story longer."""
    ops = players((*ops(), OpRole(op="publish", plays="publish")))
    services: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[dict[str, Json]] = []
        self.repeats = 0
        self.values = Values()
        self.troubles_left = 0

    @initialize(pick=PICK, odd=PICK)
    def vary(self, pick: int, odd: int) -> None:
        """Decide how much trouble this run has, and how odd its values are."""
        shares = _TROUBLES_WHERE_DEAR if self.runs_are_dear() else _TROUBLES
        self.troubles_left = shares[pick % len(shares)]
        self.values = Values.drawn(odd)

    @precondition(lambda self: self.troubles_left)
    @rule(pick=PICK)
    def trouble(self, pick: int) -> None:
        """Let several things go wrong that make one trouble, with what a client does meanwhile."""
        self.troubles_left -= 1
        troubles = self.troubles()
        pick, which = divmod(pick, len(troubles))
        troubles[which](pick)

    def troubles(self) -> Sequence[Trouble]:
        """Return the troubles of this family."""
        raise NotImplementedError

    def drawn_message_fault(self, pick: int) -> Fault:
        return self.values.called(super().drawn_message_fault(pick))

    def strike(self, fault: Fault) -> None:
        """Inject `fault`, at the order that is meant."""
        self.do(Inject(self.values.called(fault)))

    def reaches(self, boundary: Boundary) -> bool:
        beyond = tuple(f"/o{number}" for number in range(self.orders_max + 1, 10))
        return boundary.n <= self.orders_max and not boundary.route.key.endswith(beyond)

    @property
    def has_room(self) -> bool:
        """Whether another order may be placed."""
        return len(self.placed) < self.orders_max

    def place(self, kind: int) -> None:
        """Place the next order of the model."""
        value = self.values.order(len(self.placed) + 1, kind)
        self.placed.append(value)
        self.play("begin", value)

    def place_again(self, pick: int) -> None:
        """Repeat one of the orders, with its key."""
        self.play("repeat", self.placed[pick % len(self.placed)])

    def begin(self, pick: int) -> None:
        """Give the services something to do: a new order, or if there are enough of them one of them again."""
        if self.has_room:
            self.place(pick)
        else:
            self.place_again(pick)

    @property
    def begun(self) -> int:
        """How much was begun so far, in orders or events."""
        return len(self.placed)

    def redrive_in_calm(self, after_ms: int = CALM_MS) -> None:
        """Let time pass after everything healed, and ask every service to take up its dead letters: now it must succeed."""
        self.do(Wait(after_ms))
        for number in range(len(self.services)):
            self.redrive(number)

    def redrive(self, pick: int) -> None:
        """Ask one service to take up its dead letters."""
        self.play("redrive", {"service": self.services[pick % len(self.services)]})


Fitted = TypeVar("Fitted", bound=OrderMachine)


def fitted(machine: type[Fitted], subject: Subject, services: tuple[str, ...]) -> type[Fitted]:
    """Return `machine` with the intervals of `subject`; `services` are those that can redrive.

    Raises TypeError for a component.
    """
    intervals = intervals_of(subject)
    return with_fields(machine, intervals=intervals, waits_ms=intervals.wait_ms, services=services)
