"""The certificate: exactly what was tried on which subject, and the result. Versioned, data only."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.profile import Profile
from shaketable.schedule import Schedule
from shaketable.verdict import Finding, NotClaimed, PromiseKind, ReasonKind, Verdict

FORMAT = "shaketable/certificate"
VERSION = 1

ODD_TIMINGS_MAX = 1
"""So many drawn timings may refute a story that holds: one unlucky pair of phases is not worth a longer story."""


class Counterexample(msgspec.Struct, frozen=True):
    """One anomaly, shrunk: the schedule that shows it and how sure that is."""

    finding: Finding
    schedule: Schedule
    file: str  # counterexamples/<file>.json; the history is beside it as <file>.history.jsonl
    found_after_runs: int
    steps_before: int  # length of the schedule that first showed it
    executions: int  # runs the shrinker needed
    reproduced: int  # of `replays` replays of the minimal schedule, how many showed it again
    replays: int
    confirmations: tuple[Confirmation, ...] = ()
    sha256: str = ""  # of the schedule's file as written
    history_sha256: str = ""  # of the history's file as written
    timings_shown: int = 0  # of `timings` drawn timings of the simulated world, under how many it shows
    timings: int = 0

    @property
    def hangs_on_timing(self) -> bool:
        """True if it shows only when things happen at exact instants: it may be out of reach of real servers."""
        return self.timings_shown < self.timings - ODD_TIMINGS_MAX


class Confirmation(msgspec.Struct, frozen=True):
    """The same schedule on a real world."""

    world: str
    reproduced: int
    runs: int
    outcome: str  # confirmed, refuted or unknown
    reason: str = ""


class ClauseTried(msgspec.Struct, frozen=True):
    """The runs that put one clause to the test, and the kinds and places of the faults that landed in them."""

    runs: int = 0
    kinds: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    reached_by: str = ""  # of a clause that no run put to the test: what would


class PromiseResult(msgspec.Struct, frozen=True):
    """One promise over all runs. `exercised` adds up the times it could have been broken."""

    id: str
    title: str
    kind: PromiseKind
    verdict: Verdict
    exercised: int
    runs: int
    reason: str = ""  # why unknown, in words
    counterexamples: tuple[Counterexample, ...] = ()
    reason_kind: ReasonKind | Literal[""] = ""  # why unknown, for programs
    clauses: dict[str, int] = {}  # how often each clause could have been broken
    tried: dict[str, ClauseTried] = {}  # by clause

    @property
    def never_reached(self) -> tuple[str, ...]:
        """The clauses that were never exercised."""
        return tuple(clause for clause, exercised in self.clauses.items() if not exercised)

    def reached_by(self, clause: str) -> str:
        """Return what would put a clause to the test that was never reached, in words; "" if that is not known."""
        tried = self.tried.get(clause)
        return "" if tried is None else tried.reached_by


class Landed(msgspec.Struct, frozen=True):
    """The number of times that a fault really landed (left a receipt) at a place."""

    place: str  # a boundary's route, a link, a service
    fault: str
    leg: str
    count: int


class MutantResult(msgspec.Struct, frozen=True):
    """The result of one mutant."""

    name: str
    kills: tuple[str, ...]  # the promises that must kill it
    killed_by: tuple[str, ...]
    runs_to_kill: int  # 0: alive
    schedule_steps: int = 0


class Spent(msgspec.Struct, frozen=True):
    """The budget that was really spent."""

    runs: int
    steps: int
    ops: int
    seconds: float
    shrink_executions: int
    faults_landed: int
    ops_ok: int = 0
    ops_refused: int = 0
    """The others are indeterminate: they may have happened or not."""


class Servers(msgspec.Struct, frozen=True):
    """The real servers that a search had at its disposal."""

    seeds: tuple[int, ...]  # of what was drawn, one for each set of servers
    scale: float  # how many milliseconds of a schedule passed in one of the machine


class OrdersTried(msgspec.Struct, frozen=True):
    """The orders of arrivals that were tried, in a world that decides them."""

    runs: dict[str, int]  # by policy; "" is first in, first out
    different: int  # orders in which conflicting accesses came, among the runs under a policy


class Counts(msgspec.Struct, frozen=True):
    """The evidence of some runs in numbers. The tables are by the id of a promise, `clauses` by id and clause."""

    runs: int
    steps: int
    ops: int
    ops_ok: int
    ops_refused: int
    faults_landed: int
    unknown_runs: int  # that count for nothing, or for the safety promises only
    judged: dict[str, int] = {}
    exercised: dict[str, int] = {}
    clauses: dict[str, int] = {}
    broken: dict[str, int] = {}  # by id and anomaly: the runs that showed it


class Batch(msgspec.Struct, frozen=True):
    """Generated runs in a row, which can be made again: `generated` batches of the search, each with a seed of its own.

    That seed is derived from the certificate's, the subject's name and the number of the batch.
    """

    generated: int
    examples_max: int  # of the last of them: so many schedules were to be drawn
    counts: Counts
    judgements_sha256: str
    histories_sha256: str


class SubjectResult(msgspec.Struct, frozen=True):
    """Everything tried on one subject, and the verdict for `world`."""

    subject: str
    pattern: str
    summary: str
    digest: str  # sha256 over the subject's source
    profile: Profile
    world: str
    seed: int
    spent: Spent
    promises: tuple[PromiseResult, ...]
    boundaries: tuple[str, ...]  # of the fault-free workload, in order
    landed: tuple[Landed, ...]
    transitions: dict[str, int]  # "state -> state": how often a run went that way
    calibration: tuple[str, ...]  # mismatches; when not empty every promise is unknown
    unknown_runs: dict[str, int]  # reason -> runs that count for nothing
    mutants: tuple[MutantResult, ...] = ()
    as_expected: bool = True
    surprises: tuple[str, ...] = ()  # what was expected and not found, or found and not expected
    servers: Servers | None = None  # of a real world
    not_claimed: tuple[NotClaimed, ...] = ()  # clauses that nothing of the subject plays
    known: tuple[str, ...] = ()  # promises that it is known to break, or may break
    withdrawn: dict[str, str] = {}  # by id and anomaly: why what some runs showed is not reported
    libraries: tuple[str, ...] = ()  # that its own modules import, as name==version
    batches: tuple[Batch, ...] = ()  # of a world where a schedule always gives the same history
    orders: OrdersTried | None = None  # of a world that decides what arrives next

    @property
    def verdict(self) -> Verdict:
        return Verdict.merge(p.verdict for p in self.promises)


class Certificate(msgspec.Struct, frozen=True):
    """One run of `certify`."""

    shaketable: str
    python: str
    revision: str  # of the checkout, or ""
    command: str
    interrupted: bool
    subjects: tuple[SubjectResult, ...]
    format: str = FORMAT
    version: int = VERSION
    faults: tuple[str, ...] = ()  # of the harness: subjects of which nothing, or no more, is known, and why
    judge: str = ""  # sha256 over the source of the harness and the shipped patterns

    @property
    def verdict(self) -> Verdict:
        return Verdict.merge([*(s.verdict for s in self.subjects), *(Verdict.UNKNOWN for _ in self.faults)])
