"""Judging many subjects within one budget, on all processors, and what is known when somebody stops it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from shaketable.certificate import MutantResult, SubjectResult
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.progress import Reporter
from shaketable.cli.subjects import Chosen, shipped
from shaketable.errors import UsageError
from shaketable.explore.budget import Budget
from shaketable.explore.pool.coordinator import certify_shared
from shaketable.explore.pool.jobs import Certified, Certify, Failed, Hunt, Hunted, Loader, Result
from shaketable.explore.pool.workers import run_jobs
from shaketable.history import History
from shaketable.subject import Subject
from shaketable.world import traits_of

MUTANT_RUNS = 400
"""What a certificate spends on a mutant at most; `shaketable mutants` spends more."""
_LEFT_AT_LEAST = 0.3
"""Of the time, for subjects that should keep every promise, however long the others took."""
_REAL_RESERVE_S = 6.0
"""Of the time on a real world, for shrinking each anomaly."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to spend: `seconds` on all subjects together, or `runs` on each."""

    world: str
    seed: int
    seconds: float | None
    runs: int | None
    mutants: bool
    sets: int = 0
    """Of real servers a search is spread over; 0 in a world without servers."""


@dataclass(slots=True)
class Judged:
    """What came of it so far. `faults` are the harness's own, one line a subject."""

    results: dict[str, SubjectResult] = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)
    mutants: dict[str, list[MutantResult]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    interrupted: bool = False

    def in_order(self, subjects: Sequence[Subject]) -> tuple[SubjectResult, ...]:
        """The results in the order asked for, each with the score of its mutants."""
        found = [self.results[s.name] for s in subjects if s.name in self.results]
        return tuple(
            msgspec.structs.replace(
                r, mutants=tuple(sorted(self.mutants.get(r.subject, []), key=lambda m: m.name))
            )
            for r in found
        )


def judge_all(chosen: Sequence[Chosen], plan: Plan, interrupt: Interrupt, reporter: Reporter) -> Judged:
    """Judge each subject; what was finished or found is returned however it ends.

    Subjects with known defects come first, since they are done when each was found; then mutants, which mostly
    die within a few runs; whatever time that leaves goes to those that should keep every promise.
    Raises UsageError when a subject cannot be used at all.
    """
    judged = Judged()
    known = [c for c in chosen if c.subject.expects.breaks]
    others = [c for c in chosen if not c.subject.expects.breaks]
    mutants = [m for c in chosen for m in shipped().mutants_of(c.subject.name)] if plan.mutants else []
    reporter.expect(len(chosen) + len(mutants))
    started_s = time.monotonic()
    try:
        run = _Runs(plan.sets, judged, interrupt, reporter)
        run.certify(_known(known, len(chosen), plan))
        run.hunt([Hunt(m.name, _loader(plan), MUTANT_RUNS, plan.seed) for m in mutants])
        left_s = _left_s(plan, time.monotonic() - started_s)
        run.certify(_others(others, left_s, plan))
    except KeyboardInterrupt:
        judged.interrupted = True
    interrupt.calm()
    judged.interrupted |= interrupt()
    return judged


@dataclass(frozen=True, slots=True)
class _Runs:
    """Where jobs are done, and who is told: on real servers a subject has all sets to itself, a mutant one of them."""

    sets: int
    judged: Judged
    interrupt: Interrupt
    reporter: Reporter

    def certify(self, jobs: Sequence[Certify]) -> None:
        if self.interrupt():
            return
        if self.sets > 1:
            self._keep(certify_shared(jobs, self.sets, progress=self.reporter, stop=self.interrupt))
        else:
            self._keep(run_jobs(jobs, progress=self.reporter, stop=self.interrupt))

    def hunt(self, jobs: Sequence[Hunt]) -> None:
        if not self.interrupt():
            workers = self.sets or None
            self._keep(run_jobs(jobs, workers=workers, progress=self.reporter, stop=self.interrupt))

    def _keep(self, results: Iterator[Result]) -> None:
        for result in results:
            _keep(result, self.judged)
            self.reporter.finished(result)


def _known(known: Sequence[Chosen], subjects: int, plan: Plan) -> list[Certify]:
    """More than an even share of the time each: hardly any of them needs it."""
    at_once = _at_once(subjects, plan)
    share_s = None if plan.seconds is None else min(plan.seconds, 2 * plan.seconds * at_once / subjects)
    return [_certify(c, plan, share_s) for c in known]


def _others(others: Sequence[Chosen], left_s: float | None, plan: Plan) -> list[Certify]:
    if left_s is None or not others:
        return [_certify(c, plan, None) for c in others]
    share_s = left_s * _at_once(len(others), plan) / len(others)
    return [_certify(c, plan, share_s) for c in others]


def _left_s(plan: Plan, spent_s: float) -> float | None:
    if plan.seconds is None:
        return None
    return max(plan.seconds - spent_s, _LEFT_AT_LEAST * plan.seconds)


def _at_once(jobs: int, plan: Plan) -> int:
    """How many subjects are judged side by side; on real servers one after the other."""
    return 1 if plan.sets else min(os.cpu_count() or 1, jobs)


def _certify(chosen: Chosen, plan: Plan, seconds: float | None) -> Certify:
    subject = chosen.subject
    known = bool(subject.expects.breaks or subject.kills)
    # Whoever asks for so many runs gets them; of a time, the rest is better spent on others.
    budget = Budget(runs=plan.runs, seconds=seconds, until_expected=known and plan.runs is None)
    if traits_of(plan.world).runs_are_expensive:
        budget = msgspec.structs.replace(budget, reserve_s=_REAL_RESERVE_S, reserve_share=0.5)
    return Certify(chosen.spec, _loader(plan), budget, plan.seed)


def _loader(plan: Plan) -> Loader:
    return Loader("shaketable.cli.subjects:load", "shaketable.worlds:search_world_for", plan.world)


def _keep(result: Result, judged: Judged) -> None:
    match result:
        case Certified(examined=examined):
            judged.results[examined.result.subject] = examined.result
            for file, events in examined.histories.items():
                judged.histories[file] = History(list(events))
            judged.interrupted |= examined.interrupted
        case Hunted(mutant=mutant, interrupted=False):
            of = next(s.mutant_of for s in shipped().subjects if s.name == mutant.name)
            judged.mutants.setdefault(of, []).append(mutant)
        case Hunted():
            judged.interrupted = True
        case Failed(usage=True):
            unusable = UsageError(result.reason)
            for line in result.detail.splitlines():
                unusable.add_note(line)
            raise unusable
        case Failed():
            judged.faults.append(f"{result.subject}: {result.reason}")
            judged.details.append(result.detail)
