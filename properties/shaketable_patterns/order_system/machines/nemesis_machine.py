"""The base of the machines of shipped systems: their faults come from the nemesis of the boundaries that runs reach."""

from __future__ import annotations

from typing import Any, TypeVar

from shaketable.boundary import Boundary
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import Fault
from shaketable.subject import Subject, System
from shaketable_patterns.order_system.machines.nemesis import Intervals, Nemesis


class NemesisMachine(SystemMachine):
    """Base of machines with a nemesis: derive from it, and say of what a run has no more than so many."""

    reached_max: int
    """No run gets as far as a greater number of a boundary."""
    nemesis: Nemesis
    intervals: Intervals

    def drawn_message_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().message_fault(pick)

    def drawn_timed_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().service_or_link_fault(pick)

    def bound_nemesis(self) -> Nemesis:
        """Return the nemesis of this class; only the class that is bound to a world knows the boundaries."""
        kind = type(self)
        if "nemesis" not in kind.__dict__:
            reached = [one for one in self.boundaries if self.reaches(one)]
            dear, provided = self.runs_are_dear(), self.world.traits.provides
            kind.nemesis = Nemesis(self.subject, reached, runs_are_dear=dear, provided=provided)
        return kind.nemesis

    def reaches(self, boundary: Boundary) -> bool:
        """Tell whether a run may get as far as a boundary."""
        return boundary.n <= self.reached_max


Fitted = TypeVar("Fitted", bound=NemesisMachine)


def system_of(subject: Subject) -> System:
    """Return the system of a subject. TypeError for a component."""
    if not isinstance(subject.target, System):
        raise TypeError(f"{subject.name} is no system of services")
    return subject.target


def intervals_of(subject: Subject) -> Intervals:
    """Return the intervals of a system. TypeError for a component."""
    return Intervals(subject.profile, system_of(subject).session_timeout_ms)


def with_fields(machine: type[Fitted], **fields: Any) -> type[Fitted]:
    """Return a machine of the same name and docstring with these fields of its class."""
    return type(machine.__name__, (machine,), {"__doc__": machine.__doc__, **fields})
