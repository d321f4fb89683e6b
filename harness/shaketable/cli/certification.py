"""The certification of many subjects within one budget, on all processors or on several sets of real servers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from shaketable.certificate import Confirmation, Counterexample, PromiseResult
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.output import note
from shaketable.cli.progress import Reporter
from shaketable.cli.results import Results
from shaketable.cli.subjects import SelectedSubject, shipped
from shaketable.errors import HarnessError
from shaketable.explore.budget import Budget
from shaketable.explore.certify import Examined
from shaketable.explore.confirm import confirm
from shaketable.explore.pool.coordinator import certify_shared
from shaketable.explore.pool.independent_jobs import run_jobs
from shaketable.explore.pool.jobs import Certify, Hunt, Loader, Result
from shaketable.explore.pool.pool import STOPPED_WITHIN_S
from shaketable.report.story.rate_words import confirmation_words, timing_words
from shaketable.subject import Subject, System
from shaketable.world_choice import world_for
from shaketable.world_traits import traits_of

_MUTANT_RUNS = 400
"""The most runs that a certificate spends on a mutant; `shaketable mutants` spends more."""
_SOUND_SHARE_MIN = 0.3
"""The share of the time that is kept for subjects without known defects, however long the others took."""
_REAL_RESERVE_S = 6.0
"""The time on a real world that is kept for shrinking each anomaly."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The budget: `seconds` for all subjects together, or `runs` for each; and whether mutants are scored."""

    world: str
    seed: int
    seconds: float | None
    runs: int | None
    mutants: bool
    sets: int = 0
    """Sets of real servers that share a search; 0 in a world without servers."""


def certify_all(
    selected: Sequence[SelectedSubject],
    plan: Plan,
    interrupt: Interrupt,
    reporter: Reporter,
    keep: Callable[[Results], None] = lambda _: None,
) -> Results:
    """Certify each subject and score its mutants; return all that was found, even when interrupted.

    Subjects with known defects come first, since they are done once each defect was found; then mutants, most of
    which are killed within a few runs. The time that is left goes to the subjects that should keep every promise.
    `keep` is called with what is known so far whenever that has changed.
    Raises UsageError when subjects cannot be used and nothing is known of any other.
    """
    results = Results()
    defective = [c for c in selected if c.subject.expects.breaks]
    sound = [c for c in selected if not c.subject.expects.breaks]
    mutants = [m for c in selected for m in shipped().mutants_of(c.subject.name)] if plan.mutants else []
    reporter.expect(len(selected) + len(mutants))
    started_s = time.monotonic()
    try:
        with interrupt.patience(STOPPED_WITHIN_S):
            jobs = _Jobs(plan.sets, results, interrupt, reporter, keep)
            jobs.certify(_defective_jobs(defective, len(selected), plan))
            jobs.hunt([Hunt(m.name, _loader(plan), _MUTANT_RUNS, plan.seed) for m in mutants])
            left_s = _left_s(plan, time.monotonic() - started_s)
            jobs.certify(_sound_jobs(sound, left_s, plan))
    except KeyboardInterrupt:
        results.interrupted = True
    interrupt.cancel_deadline()
    results.interrupted |= interrupt()
    if results.unusable and not results.by_subject:
        raise results.unusable[0]
    return results


@dataclass(frozen=True, slots=True)
class _Jobs:
    """The jobs of a certification. On real servers a subject has all sets of servers to itself, a mutant one of them."""

    sets: int
    results: Results
    interrupt: Interrupt
    reporter: Reporter
    keep: Callable[[Results], None]

    def certify(self, jobs: Sequence[Certify]) -> None:
        if self.interrupt():
            return
        if self.sets > 1:
            self._keep(
                certify_shared(
                    jobs, self.sets, progress=self.reporter, stop=self.interrupt, so_far=self._keep_so_far
                )
            )
        else:
            self._keep(run_jobs(jobs, progress=self.reporter, stop=self.interrupt, so_far=self._keep_so_far))

    def hunt(self, jobs: Sequence[Hunt]) -> None:
        if not self.interrupt():
            workers = self.sets or None
            self._keep(run_jobs(jobs, workers=workers, progress=self.reporter, stop=self.interrupt))

    def _keep(self, results: Iterator[Result]) -> None:
        for result in results:
            self.results.add(result)
            self.reporter.finished(result)
            self.keep(self.results)

    def _keep_so_far(self, examined: Examined) -> None:
        self.results.so_far[examined.result.subject] = examined
        self.keep(self.results)


def _defective_jobs(defective: Sequence[SelectedSubject], subjects: int, plan: Plan) -> list[Certify]:
    """Give each subject three times an even share of the time: hardly any of them uses it up."""
    at_once = _at_once(subjects, plan)
    share_s = None if plan.seconds is None else min(plan.seconds, 3 * plan.seconds * at_once / subjects)
    return [_certify(c, plan, share_s) for c in defective]


def _sound_jobs(sound: Sequence[SelectedSubject], left_s: float | None, plan: Plan) -> list[Certify]:
    """Give each subject an even share of the time that is left."""
    if left_s is None or not sound:
        return [_certify(c, plan, None) for c in sound]
    share_s = left_s * _at_once(len(sound), plan) / len(sound)
    return [_certify(c, plan, share_s) for c in sound]


def _left_s(plan: Plan, spent_s: float) -> float | None:
    if plan.seconds is None:
        return None
    return max(plan.seconds - spent_s, _SOUND_SHARE_MIN * plan.seconds)


def _at_once(jobs: int, plan: Plan) -> int:
    """Return how many subjects are judged at the same time; on real servers it is one."""
    return 1 if plan.sets else min(os.cpu_count() or 1, jobs)


def _certify(selected: SelectedSubject, plan: Plan, seconds: float | None) -> Certify:
    subject = selected.subject
    known = bool(subject.expects.breaks or subject.kills)
    # A number of runs that was asked for is spent to the end; what is left of a time is better spent on others.
    budget = Budget(runs=plan.runs, seconds=seconds, until_expected=known and plan.runs is None)
    if traits_of(plan.world).runs_are_expensive:
        budget = msgspec.structs.replace(budget, reserve_s=_REAL_RESERVE_S, reserve_share=0.5)
    return Certify(selected.spec, _loader(plan), budget, plan.seed)


def _loader(plan: Plan) -> Loader:
    return Loader(
        "shaketable.cli.subjects:load",
        "shaketable.world_choice:search_world_for",
        plan.world,
        "shaketable.world_choice:world_for",
    )


def confirm_all(
    results: Results, subjects: Sequence[Subject], world: str, times: int, interrupt: Interrupt
) -> None:
    """Replay every counterexample of a system `times` times on the real world `world`, and add the confirmations.

    Components stay as they are.
    """
    for subject in subjects:
        result = results.by_subject.get(subject.name)
        if result is not None and isinstance(subject.target, System):
            promises = tuple(_confirmed(p, subject, world, times, interrupt) for p in result.promises)
            results.by_subject[subject.name] = msgspec.structs.replace(result, promises=promises)
    interrupt.cancel_deadline()
    results.interrupted |= interrupt()


def _confirmed(
    promise: PromiseResult, subject: Subject, world: str, times: int, interrupt: Interrupt
) -> PromiseResult:
    examples = tuple(_replayed(c, subject, world, times, interrupt) for c in promise.counterexamples)
    return msgspec.structs.replace(promise, counterexamples=examples)


def _replayed(
    example: Counterexample, subject: Subject, world: str, times: int, interrupt: Interrupt
) -> Counterexample:
    if interrupt():
        return example
    try:
        where = world_for(subject, world)
        reason = timing_words(example) if example.hangs_on_timing else ""
        confirmation = confirm(where, subject, example.schedule, times=times, unlikely=reason, stop=interrupt)
    except HarnessError as error:  # the other counterexamples can still be replayed
        confirmation = Confirmation(world, 0, 0, "unknown", f"{type(error).__name__}: {error}")
    finding = example.finding
    note(f"{subject.name} {finding.promise} {finding.anomaly}: {confirmation_words(confirmation)}")
    return msgspec.structs.replace(example, confirmations=(*example.confirmations, confirmation))
