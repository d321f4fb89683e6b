"""The world protocol: something that can run a subject step by step and write down what happens."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from shaketable.boundary import Boundary
from shaketable.history import History
from shaketable.orders.arrivals import Arrivals
from shaketable.orders.deviation import Deviation
from shaketable.orders.policy import Orders
from shaketable.schedule import Step
from shaketable.subject import Subject
from shaketable.world_traits import Traits


class Session(Protocol):
    """One run of one subject. Steps are applied in order; each returns when its instant is over."""

    @property
    def history(self) -> History: ...
    @property
    def now_ms(self) -> int:
        """The time of this world since the run began."""
        ...

    def apply(self, step: Step) -> None: ...
    def drain(self) -> None:
        """Let the subject go on until it is quiet, while message faults still wait for their message."""
        ...

    def heal(self) -> None:
        """End every fault in force (see `shaketable.schedule.Heal`)."""
        ...

    def settle(self) -> bool:
        """Let time pass until the subject is quiet; False if it is not within its bound."""
        ...

    def boundaries(self) -> list[Boundary]:
        """Return the boundaries crossed so far, in order (none unless opened with `trace`)."""
        ...

    def close(self) -> None:
        """Stop everything this session started."""
        ...


class World(Protocol):
    """Runs subjects."""

    @property
    def name(self) -> str: ...
    @property
    def traits(self) -> Traits: ...

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> Session: ...


class OrderedSession(Session, Protocol):
    """One run whose orders are decided."""

    def deviations(self) -> tuple[Deviation, ...]:
        """Return the deviations that make the same order again."""
        ...

    def arrivals(self) -> Arrivals | None:
        """Count what has arrived."""
        ...


@runtime_checkable
class OrderedWorld(World, Protocol):
    """A world in which it can be decided what arrives next."""

    def open_ordered(
        self, subject: Subject, orders: Orders, *, seed: int = 0, trace: bool = False
    ) -> OrderedSession:
        """Open a run in which `orders` decide."""
        ...

    def recording(self) -> OrderedWorld:
        """Return the same world, which also records who read and wrote what; that costs a part of its speed."""
        ...


@runtime_checkable
class PointWorld(World, Protocol):
    """A world of components, which may have fault points where systems have boundaries."""

    def points(self, subject: Subject) -> tuple[str, ...]:
        """Return the fault points that a fault-free run of the subject's workload reaches, in order."""
        ...


@runtime_checkable
class LimitedWorld(World, Protocol):
    """A world that cannot show everything that is true of a subject."""

    def cannot_show(self, subject: Subject, history: History) -> str:
        """Say why it proves nothing that this run did not show something, or return ""."""
        ...


@runtime_checkable
class LastingWorld(World, Protocol):
    """A world that keeps servers from run to run."""

    def interrupt(self) -> None:
        """End the run in progress at once as a KeyboardInterrupt; for a signal handler of the thread that runs.

        Every run from now on ends in the same way, until the world is closed.
        """
        ...

    def close(self) -> None:
        """Take the servers down."""
        ...


@runtime_checkable
class LoggedWorld(World, Protocol):
    """A world in which parts write logs."""

    def log_tails(self) -> dict[str, str]:
        """Return the end of each part's log, several lines, by the name of the part; nothing while no servers are up."""
        ...
