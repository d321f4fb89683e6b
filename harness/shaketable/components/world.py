"""The deterministic world of subjects that are one object."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from shaketable.boundary import Boundary
from shaketable.components.driving.driver import Driver
from shaketable.components.scheduling.watchdog import RUN_S, Overdue, Watchdog
from shaketable.errors import SubjectError, UsageError
from shaketable.history import History
from shaketable.orders.arrivals import Arrivals
from shaketable.orders.deviation import Deviation
from shaketable.orders.policy import Orders
from shaketable.schedule import Step
from shaketable.subject import Component, Subject
from shaketable.world_traits import Traits


@runtime_checkable
class Recovering(Protocol):
    """A component's run that knows its time and what its callers do once everything is healed."""

    @property
    def now_ms(self) -> int: ...
    def recover(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Context:
    record: Callable[..., int]
    seed: int
    orders: Orders | None = None


class ComponentSession:
    """One run of one component: a `shaketable.world.OrderedSession`.

    Code of the component that goes on for `RUN_S` is ended, and SubjectError names its line, by `close` at the latest.
    """

    def __init__(self, target: Component, seed: int, orders: Orders | None = None) -> None:
        self._history = History()
        self._driver: Driver | None = None
        self._watchdog = Watchdog(RUN_S, "a run of it did not end", self._overdue)
        # A collection at an instant of its own would run finalizers of the subject between any two lines.
        self._collects = gc.isenabled()
        gc.disable()
        self._watchdog.start()
        try:
            self._run = target.open(_Context(self._history.add, seed, orders))
        except BaseException:
            self._end_watching()
            raise
        self._driver = self._run if isinstance(self._run, Driver) else None
        self._recovering = self._driver or (self._run if isinstance(self._run, Recovering) else None)
        self._healed = False

    @property
    def history(self) -> History:
        return self._history

    @property
    def now_ms(self) -> int:
        if self._recovering is not None:
            return self._recovering.now_ms
        events = self._history.events
        return events[-1].time_ms if events else 0

    def apply(self, step: Step) -> None:
        self._run.apply(step)

    def apply_all(self, steps: Sequence[Step]) -> None:
        """Do what `apply` does for each of them in turn, at less cost."""
        if self._driver is not None:
            self._driver.apply_all(steps)
        else:
            for step in steps:
                self._run.apply(step)

    def drain(self) -> None:
        """Do nothing: a component's faults are the outcomes of its calls, and none waits for its message."""

    def heal(self) -> None:
        """Let every call in flight end, once."""
        if not self._healed:
            self._healed = True
            self._run.finish()

    def settle(self) -> bool:
        """Apply the recovery; return True if every call has ended."""
        if self._recovering is not None:
            self._recovering.recover()
        if self._driver is not None:
            return self._driver.quiet
        return all(op.completed is not None and op.result != {"blocked": True} for op in self._history.ops())

    def boundaries(self) -> list[Boundary]:
        """Return none: a component has no messages."""
        return []

    def deviations(self) -> tuple[Deviation, ...]:
        """See `shaketable.world.OrderedSession.deviations`; none if a driver of its own decides no orders."""
        order = None if self._driver is None else self._driver.decided
        return () if order is None else order.deviations()

    def arrivals(self) -> Arrivals | None:
        """Count the points to which calls came; None if nothing decided its orders."""
        order = None if self._driver is None else self._driver.decided
        return None if order is None else order.arrivals()

    @property
    def has_points(self) -> bool:
        """True if the component's factory takes fault points."""
        return self._driver is not None and self._driver.points is not None

    def points(self) -> list[str]:
        """Return the fault points that were reached so far, in order."""
        if self._driver is None or self._driver.points is None:
            return []
        return list(self._driver.points.reached)

    def close(self) -> None:
        try:
            self._run.close()
        except Overdue:
            pass  # the watchdog has more to say
        finally:
            self._end_watching()

    def _end_watching(self) -> None:
        if self._collects:
            gc.enable()
        self._watchdog.end()

    def _overdue(self, error: SubjectError) -> None:
        """Let the step end with that error, even if the component swallows what ends its call."""
        if self._driver is not None:
            self._driver.scheduler.trouble = self._driver.scheduler.trouble or error


class ComponentWorld:
    """The world that runs components, under the name of the simulated one.

    It is a `shaketable.world.PointWorld` and a `shaketable.world.OrderedWorld`.
    """

    name = "sim"
    traits = Traits()

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ComponentSession:
        """Build the component. Raises UsageError if the subject is a system of services."""
        return ComponentSession(_component_of(subject), seed)

    def open_ordered(
        self, subject: Subject, orders: Orders, *, seed: int = 0, trace: bool = False
    ) -> ComponentSession:
        """Do what `open` does, for a run in which `orders` decide which call goes on."""
        return ComponentSession(_component_of(subject), seed, orders)

    def recording(self) -> ComponentWorld:
        """Return this world: there are no servers whose accesses could be recorded."""
        return self

    def points(self, subject: Subject) -> tuple[str, ...]:
        """Return the fault points that a fault-free run of the subject's workload reaches, in order."""
        session = self.open(subject)
        try:
            if not session.has_points:
                return ()
            session.apply_all(subject.pattern.workload(subject).steps)
            session.heal()
            session.settle()
        finally:
            session.close()
        return tuple(session.points())


def _component_of(subject: Subject) -> Component:
    if not isinstance(subject.target, Component):
        raise UsageError(f"{subject.name} is a system of services, not a component")
    return subject.target
