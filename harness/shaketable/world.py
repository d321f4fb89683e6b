"""The world protocol: something that can run a subject step by step and write down what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from shaketable.boundary import Boundary
from shaketable.fault import Need
from shaketable.history import History
from shaketable.orders.arrivals import Arrivals
from shaketable.orders.deviation import Deviation
from shaketable.orders.policy import Orders
from shaketable.schedule import Step
from shaketable.subject import Subject

ALL_BUT_BYTES = frozenset(Need) - {Need.BYTES}
"""What every world provides for faults: bytes only Toxiproxy can harm."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of a world: code asks for the one that it means, never for a world's name."""

    repeatable: bool = True
    """One schedule and seed give one history. Elsewhere whether something shows is chance, at a rate."""
    runs_are_expensive: bool = False
    """A run takes the better part of a second, so what is drawn should be worth one."""
    has_servers: bool = False
    """It runs on real servers, kept from run to run; several sets of them can share a search."""
    draws_timing: bool = False
    """A seed other than 0 draws a timing, the same every time; seed 0 is calm."""
    scale: float = 0.0
    """Milliseconds of a schedule that pass in one of the machine; 0 where time is virtual."""
    runs_images: bool = False
    """A black box is started from its image, not by its command."""
    shares_partitions: bool = True
    """Its broker divides the partitions of a topic among the members of a group."""
    has_transactions: bool = True
    """Its broker keeps what transactions of producers promise."""
    provides: frozenset[Need] = ALL_BUT_BYTES
    """What faults need and this world has; a fault that needs something else leaves no receipt here."""


_PROCESSES = Traits(
    repeatable=False,
    runs_are_expensive=True,
    has_servers=True,
    shares_partitions=False,
    has_transactions=False,
)
_CONTAINERS = Traits(repeatable=False, runs_are_expensive=True, has_servers=True, runs_images=True)
_TRAITS = {"sim": Traits(), "processes": _PROCESSES, "containers": _CONTAINERS}
WORLDS = tuple(_TRAITS)
"""The names of the worlds that can be asked for."""


def traits_of(name: str) -> Traits:
    """Return what is known of a world by its name alone, as an option or a certificate gives it.

    The scale is not: it differs from one instance to another. A name that is not in `WORLDS` is that of a world
    like the simulated one.
    """
    return _TRAITS.get(name, Traits())


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
