"""The machine of the orders by two-phase commit: orders, and coordinators and participants that go away in the middle of one."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import Crash, Fault, Partition, Pause
from shaketable.history import Json
from shaketable.schedule import Do, Inject, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.order_system.machines.nemesis import Intervals, Nemesis
from shaketable_patterns.order_two_phase.values import ORDERS_MAX, order_value

_INTO_MS = (4, 8, 12, 16, 20, 24, 28, 32, 40, 60)
"""So long after an order was placed it is somewhere in the two phases."""


class OrderTwoPhaseMachine(SystemMachine):
    """Few orders of two users for two items."""

    nemesis: Nemesis
    intervals: Intervals
    services: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[dict[str, Json]] = []

    @precondition(lambda self: len(self.placed) < ORDERS_MAX)
    @rule(pick=PICK)
    def order(self, pick: int) -> None:
        """Place an order, or two at once for the same item."""
        pick, both = divmod(pick, 2)
        self.place(pick)
        if both and len(self.placed) < ORDERS_MAX:
            self.place(pick)

    @precondition(
        lambda self: (
            len(self.placed) < ORDERS_MAX
            and self.service_and_link_faults < self.fault_options.service_and_link_faults_max
        )
    )
    @rule(pick=PICK)
    def lose_in_the_middle(self, pick: int) -> None:
        """Place an order, and let a service be lost, stopped or cut off while it is under way."""
        self.service_and_link_faults += 1
        pick, into = divmod(pick, len(_INTO_MS))
        pick, which = divmod(pick, 2 * len(self.services))
        pick, away = divmod(pick, len(self.intervals.down_ms))
        service = self.services[which] if which < len(self.services) else self.services[0]
        self.place(pick // 3)
        self.do(Wait(_INTO_MS[into]))
        self.do(Inject(self._away(service, pick % 3, self.intervals.down_ms[away])))

    def _away(self, service: str, how: int, away_ms: int) -> Fault:
        if how == 0:
            return Crash(service=service, down_ms=away_ms)
        if how == 1:
            return Pause(service=service, for_ms=away_ms)
        other = self.services[0] if service != self.services[0] else self.services[-1]
        return Partition(
            sender=self.services[0], receiver=service if other == self.services[0] else other, for_ms=away_ms
        )

    def place(self, pick: int) -> None:
        """Place the next order of the model."""
        value = order_value(len(self.placed) + 1, pick)
        self.placed.append(value)
        self.do(Do("place", value))

    def drawn_message_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().message_fault(pick)

    def drawn_timed_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().service_or_link_fault(pick)

    def bound_nemesis(self) -> Nemesis:
        """Return the nemesis of this class; only the class that is bound to a world knows the boundaries."""
        kind = type(self)
        if "nemesis" not in kind.__dict__:
            reached = [b for b in self.boundaries if b.n <= ORDERS_MAX]
            dear, provided = self.runs_are_dear(), self.world.traits.provides
            kind.nemesis = Nemesis(self.subject, reached, runs_are_dear=dear, provided=provided)
        return kind.nemesis


def machine_of(subject: Subject) -> type[OrderTwoPhaseMachine]:
    """Return the machine for a system of these orders. TypeError for a component."""
    if not isinstance(subject.target, System):
        raise TypeError(f"{subject.name} is no system of services")
    intervals = Intervals(subject.profile, subject.target.session_timeout_ms)
    fields: dict[str, Any] = {
        "__doc__": OrderTwoPhaseMachine.__doc__,
        "intervals": intervals,
        "waits_ms": (20, 200, intervals.poll_ms + 200, 2 * intervals.poll_ms),
        "services": tuple(part.name for part in subject.target.parts),
    }
    return type(OrderTwoPhaseMachine.__name__, (OrderTwoPhaseMachine,), fields)
