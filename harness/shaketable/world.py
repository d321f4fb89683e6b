"""The world protocol: something that can run a subject step by step and write down what happens."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from shaketable.boundary import Boundary
from shaketable.history import History
from shaketable.schedule import Step
from shaketable.subject import Subject

REAL_WORLDS = frozenset({"processes", "containers"})
"""Worlds that promise no two runs alike."""


class Session(Protocol):
    """One run of one subject. Steps are applied in order; each returns when its instant is over."""

    @property
    def history(self) -> History: ...
    @property
    def now_ms(self) -> int:
        """Time of this world since the run began."""
        ...

    def apply(self, step: Step) -> None: ...
    def drain(self) -> None:
        """The schedule is over: while message faults wait for their message, let the subject go on until it is quiet."""
        ...

    def heal(self) -> None:
        """End every fault in force (see `shaketable.schedule.Heal`)."""
        ...

    def settle(self) -> bool:
        """Let time pass until the subject is quiet; False if it is not within its bound."""
        ...

    def boundaries(self) -> list[Boundary]:
        """The boundaries crossed so far, in order (empty unless opened with `trace`)."""
        ...

    def close(self) -> None:
        """Stop everything this session started."""
        ...


class World(Protocol):
    """Where subjects run."""

    @property
    def name(self) -> str: ...

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> Session: ...


@runtime_checkable
class TimedWorld(World, Protocol):
    """A world in which a seed other than 0 draws a timing, the same every time; seed 0 is calm."""

    @property
    def draws_timing(self) -> bool: ...


@runtime_checkable
class PointWorld(World, Protocol):
    """A world of components, which may have fault points where systems have boundaries."""

    def points(self, subject: Subject) -> tuple[str, ...]:
        """Return the fault points that a fault-free run of the subject's workload reaches, in order."""
        ...


@runtime_checkable
class DoubtfulWorld(World, Protocol):
    """A world that cannot show everything that is true of a subject."""

    def doubt(self, subject: Subject, history: History) -> str:
        """Why it proves nothing that this run did not show something, or ""."""
        ...


@runtime_checkable
class LastingWorld(World, Protocol):
    """A world that keeps servers from run to run."""

    def interrupt(self) -> None:
        """For a signal handler of the thread that runs: the run in progress ends at once as a KeyboardInterrupt.

        So does every run from now on, until the world is closed.
        """
        ...

    def close(self) -> None:
        """Take the servers down."""
        ...


@runtime_checkable
class LoggedWorld(World, Protocol):
    """A world in which parts write logs."""

    def log_tails(self) -> dict[str, str]:
        """The end of each part's log, several lines, by the name of the part; nothing while no servers are up."""
        ...


@runtime_checkable
class ScaledWorld(World, Protocol):
    """A world whose time is the machine's, made to pass faster."""

    @property
    def scale(self) -> float:
        """How many milliseconds of a schedule pass in one of the machine."""
        ...


def scale_of(world: World) -> float:
    """See `ScaledWorld`; 0 where time has nothing to do with the machine's."""
    return world.scale if isinstance(world, ScaledWorld) else 0.0
