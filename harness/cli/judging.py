"""Judging many subjects within one budget, on all processors, and what is known when somebody stops it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from harness.certificate import MutantResult, SubjectResult
from harness.cli.catalogue import Chosen, shipped
from harness.cli.interrupt import Interrupt
from harness.cli.progress import Reporter
from harness.errors import UsageError
from harness.explore.budget import Budget
from harness.explore.jobs import Certified, Certify, Failed, Hunt, Hunted, Job, Loader, Result
from harness.explore.workers import run_jobs
from harness.history import History
from harness.subject import Subject

MUTANT_RUNS = 150
"""What a certificate spends on a mutant at most; `shaketable mutants` spends more."""
_SHARE_MIN_S = 0.5
_SHARE_OF_SUBJECTS = 0.6
"""Of the time, when mutants are scored as well: most of them die within a few runs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to spend: `seconds` on all subjects together, or `runs` on each."""

    world: str
    seed: int
    seconds: float | None
    runs: int | None
    mutants: bool


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

    Raises UsageError when a subject cannot be used at all.
    """
    judged = Judged()
    jobs = _jobs(chosen, plan)
    reporter.expect(len(jobs))
    try:
        for result in run_jobs(jobs, progress=reporter, stop=interrupt):
            _keep(result, judged)
            reporter.finished(result)
    except KeyboardInterrupt:
        judged.interrupted = True
    interrupt.calm()
    judged.interrupted |= interrupt()
    return judged


def _jobs(chosen: Sequence[Chosen], plan: Plan) -> list[Job]:
    loader = Loader("harness.cli.catalogue:load", "harness.worlds:world_for", plan.world)
    mutants = [m for c in chosen for m in shipped().mutants_of(c.subject.name)] if plan.mutants else []
    share_s = _share_s(plan, len(chosen), bool(mutants))
    jobs: list[Job] = [Certify(c.spec, loader, _budget(c.subject, plan, share_s), plan.seed) for c in chosen]
    return jobs + [Hunt(m.name, loader, MUTANT_RUNS, plan.seed) for m in mutants]


def _share_s(plan: Plan, subjects: int, mutants: bool) -> float | None:
    if plan.seconds is None:
        return None
    at_once = min(os.cpu_count() or 1, subjects)
    whole_s = plan.seconds * (_SHARE_OF_SUBJECTS if mutants else 1.0)
    return max(_SHARE_MIN_S, whole_s * at_once / subjects)


def _budget(subject: Subject, plan: Plan, share_s: float | None) -> Budget:
    # A shipped subject with known defects is done when each of them was found.
    return Budget(runs=plan.runs, seconds=share_s, until_expected=bool(subject.expects.breaks))


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
            raise UsageError(result.reason)
        case Failed():
            judged.faults.append(f"{result.subject}: {result.reason}")
            judged.details.append(result.detail)
