"""Sources of runs for a search: this process here, several workers in `shaketable.explore.pool.coordinator`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shaketable.boundary import Boundary
from shaketable.certificate import Servers
from shaketable.explore.budget import Meter
from shaketable.explore.generate.machine import boundaries_of
from shaketable.explore.judge.calibration import Calibration, calibrate, require_same_history
from shaketable.explore.judge.evidence import Evidence
from shaketable.explore.search import Search, search
from shaketable.explore.shrink.counterexamples import Counterexamples, CounterexampleShrinker
from shaketable.explore.shrink.real_shrinker import RealShrinker
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World


@dataclass(frozen=True, slots=True)
class Survey:
    """The knowledge before the search: what contradicts the profile, else the boundaries of a fault-free run.

    `broken` are the runs of calibration that broke a promise.
    """

    calibration: tuple[str, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    broken: tuple[tuple[Schedule, Outcome], ...] = ()


class RunsFailed(Exception):
    """Runs that others made have failed for a fault of the harness; `detail` is what they wrote of it."""

    detail = ""


class RunSource(Protocol):
    """Makes the runs of one search. `begin` comes first; `survey`, `search` and `shrink` follow in this order.

    Each of them ends early once the meter of the search says to stop, or raises KeyboardInterrupt then. It raises what a
    run raises, or RunsFailed for one that was made elsewhere.
    """

    @property
    def world_name(self) -> str: ...
    @property
    def servers(self) -> Servers | None:
        """The real servers in use, of a world that has them."""
        ...

    @property
    def sets(self) -> int:
        """The number of sets of servers that make the runs together; 0 in this process."""
        ...

    def begin(self, found: Search) -> Counterexamples:
        """Take note of where runs are counted, and return what `shrink` will fill."""
        ...

    def survey(self) -> Survey: ...
    def search(self) -> None:
        """Make generated runs until no more are wanted."""
        ...

    def shrink(self) -> None:
        """Make a counterexample of every anomaly that was found."""
        ...


class ThisProcess:
    """Makes every run in this process, one after the other; `seed` decides what is drawn.

    What a real world shows is shrunk in `rehearsal`, the simulated one, if it shows there too; else it must show in
    `patient`, the same world with more time.
    """

    sets = 0

    def __init__(
        self,
        subject: Subject,
        world: World,
        seed: int,
        rehearsal: World | None = None,
        patient: World | None = None,
    ) -> None:
        self._subject = subject
        self._world = world
        self._seed = seed
        self._rehearsal = rehearsal
        self._patient = patient
        self._boundaries: tuple[Boundary, ...] = ()

    @property
    def world_name(self) -> str:
        return self._world.name

    @property
    def servers(self) -> Servers | None:
        traits = self._world.traits
        return Servers((self._seed,), traits.scale) if traits.has_servers else None

    def begin(self, found: Search) -> Counterexamples:
        """See `RunSource`."""
        self._found = found
        self._shrinking = shrinker_for(
            self._subject,
            self._world,
            found,
            found.meter,
            lambda: found.report("shrinking"),
            self._rehearsal,
            self._patient,
        )
        return self._shrinking

    def survey(self) -> Survey:
        """Calibrate, and see to it that one schedule gives one history. Raises NonDeterminism if it does not."""
        found = survey(self._subject, self._world)
        self._boundaries = found.boundaries
        return found

    def search(self) -> None:
        """See `RunSource`."""
        search(self._found, self._world, self._boundaries, self._found.meter.budget, self._seed)

    def shrink(self) -> None:
        """See `RunSource`."""
        self._shrinking.all()


def survey(subject: Subject, world: World, *, calibrates: bool = True) -> Survey:
    """Look at `subject` in runs without faults. Raises NonDeterminism if one schedule gives two histories."""
    calm = calibrate(subject, world) if calibrates else Calibration()
    if calm.mismatches:
        return Survey(calm.mismatches, broken=calm.broken)
    if world.traits.repeatable:
        require_same_history(subject, world, subject.pattern.workload(subject))
    return Survey((), boundaries_of(subject, world), calm.broken)


def shrinker_for(
    subject: Subject,
    world: World,
    evidence: Evidence,
    meter: Meter,
    report_progress: Callable[[], None],
    rehearsal: World | None = None,
    patient: World | None = None,
) -> CounterexampleShrinker:
    """Return what shrinks in `world`: where no two runs need be alike, a schedule is tried several times."""
    if world.traits.repeatable:
        return CounterexampleShrinker(subject, world, evidence, meter, report_progress)
    return RealShrinker(subject, world, evidence, meter, report_progress, rehearsal, patient)
