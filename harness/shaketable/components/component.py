"""A component as a subject, and the world that runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

from shaketable.boundary import Boundary
from shaketable.components.adapter import (
    TIME_WAYS,
    AnyAdapter,
    AsyncAdapter,
    Carrier,
    Make,
    SyncAdapter,
    TimeWay,
)
from shaketable.components.tasks import TaskDrive
from shaketable.components.threads import ThreadDrive
from shaketable.errors import UsageError
from shaketable.history import History
from shaketable.schedule import Step
from shaketable.subject import Component, ComponentContext, ComponentRun, Subject
from shaketable.world import Traits


def component(
    make: Make[AnyAdapter],
    *,
    sync: bool,
    time: TimeWay = "substituted",
    recovery: tuple[Step, ...] = (),
    carrier: Carrier = "threads",
) -> Component:
    """A subject's target from an adapter factory.

    `make` is called with a virtual clock, anew for each run. `time` says how time reaches what it builds (see
    `TimeWay`). `recovery` are the steps of the liveness phase, applied when every call in flight has ended:
    what a patient caller does. `carrier` is for sync ones (see `Carrier`). UsageError when `time` is no known way.
    """
    if time not in TIME_WAYS:
        raise UsageError(f"time must be one of {', '.join(TIME_WAYS)}, got {time!r}")

    def open_run(context: ComponentContext) -> ComponentRun:
        drive = (
            ThreadDrive(context, cast(Make[SyncAdapter], make), time, carrier)
            if sync
            else TaskDrive(context, cast(Make[AsyncAdapter], make), time)
        )
        return _Recovering(drive, recovery)

    return Component(open=open_run)


class _Recovering:
    """A drive with the steps of its liveness phase."""

    __slots__ = ("_drive", "_recovery", "apply", "apply_all", "close", "finish")

    def __init__(self, drive: ThreadDrive | TaskDrive, recovery: tuple[Step, ...]) -> None:
        self._drive = drive
        self._recovery = recovery
        self.apply: Callable[[Step], None] = drive.apply
        self.apply_all: Callable[[Sequence[Step]], None] = drive.apply_all
        self.finish = drive.finish
        self.close = drive.close

    @property
    def now_ms(self) -> int:
        return self._drive.now_ms

    @property
    def quiet(self) -> bool:
        return self._drive.quiet

    def recover(self) -> None:
        if self._recovery:
            self._drive.recover(self._recovery)


@runtime_checkable
class Recovering(Protocol):
    """A component's driver that knows its time and what its callers do once everything healed."""

    @property
    def now_ms(self) -> int: ...
    def recover(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Context:
    record: Callable[..., int]
    seed: int


class ComponentSession:
    """One run of one component; a `shaketable.world.Session`."""

    def __init__(self, target: Component, seed: int) -> None:
        self._history = History()
        self._run = target.open(_Context(self._history.add, seed))
        run = self._run
        self._ours = run if isinstance(run, _Recovering) else None
        self._recovering = self._ours or (run if isinstance(run, Recovering) else None)
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
        """As `apply` for each of them in turn, at less cost."""
        if self._ours is not None:
            self._ours.apply_all(steps)
        else:
            for step in steps:
                self._run.apply(step)

    def drain(self) -> None:
        """Nothing to let land: a component's faults are the outcomes of its calls."""

    def heal(self) -> None:
        """Let every call in flight end, once."""
        if not self._healed:
            self._healed = True
            self._run.finish()

    def settle(self) -> bool:
        """Apply the recovery; quiet when every call has ended."""
        if self._recovering is not None:
            self._recovering.recover()
        if self._ours is not None:
            return self._ours.quiet
        return all(op.completed is not None and op.result != {"blocked": True} for op in self._history.ops())

    def boundaries(self) -> list[Boundary]:
        """None: a component has no messages."""
        return []

    def close(self) -> None:
        self._run.close()


class ComponentWorld:
    """The deterministic world of subjects that are one object; a `shaketable.world.World`."""

    name = "sim"
    traits = Traits()

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ComponentSession:
        """Build the component. UsageError when the subject is a system of services."""
        if not isinstance(subject.target, Component):
            raise UsageError(f"{subject.name} is a system of services, not a component")
        return ComponentSession(subject.target, seed)
