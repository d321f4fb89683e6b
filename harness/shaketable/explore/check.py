"""One subject under pytest: search, and fail with the shortest story."""

from __future__ import annotations

import hypothesis

from shaketable.explore.budget import Budget, Meter, derive_seed
from shaketable.explore.generate.machine import Machine, generate, machine_for
from shaketable.explore.generate.settings import RUNS, search_settings
from shaketable.explore.generate.sink import Sink
from shaketable.explore.judge.calibration import mismatches
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.judge.reasons import doubt
from shaketable.explore.shrink.counterexamples import CounterexampleShrinker
from shaketable.explore.shrink.real import RealShrinker
from shaketable.history import History
from shaketable.runner import Outcome
from shaketable.schedule import Schedule, dumps
from shaketable.subject import Subject
from shaketable.verdict import Finding, Promise
from shaketable.world import REAL_WORLDS, World

_SHRINK_EXECUTIONS = 1_000


class NotCertified(AssertionError):
    """Nothing was broken, but something could not be judged: `reasons` says what and why, one line each."""

    def __init__(self, subject: Subject, reasons: tuple[str, ...]) -> None:
        super().__init__(f"{subject.name} is not certified:\n" + "\n".join(f"  {r}" for r in reasons))
        self.subject = subject
        self.reasons = reasons


class PromiseBroken(AssertionError):
    """A promise was broken: the finding, the shortest schedule that shows it and the history of that schedule.

    `found` is the schedule that first showed it; `executions` is what shrinking took. `rate` says how often the
    shortest schedule showed it again, where that is chance: "4 of 5 runs on processes".
    """

    def __init__(
        self,
        subject: Subject,
        finding: Finding,
        schedule: Schedule,
        history: History,
        *,
        found: Schedule,
        executions: int,
        rate: str = "",
    ) -> None:
        super().__init__(
            f"{subject.name} breaks {finding.promise} ({finding.anomaly}): {finding.message} "
            f"[{len(schedule.steps)} steps, shrunk from {len(found.steps)}{rate and f', shown in {rate}'}]"
        )
        self.subject = subject
        self.finding = finding
        self.schedule = schedule
        self.history = history
        self.found = found
        self.executions = executions
        self.rate = rate

    @property
    def steps_before(self) -> int:
        return len(self.found.steps)

    @property
    def steps_after(self) -> int:
        return len(self.schedule.steps)


class Raising(Sink):
    """Shrinks the first breach and raises it, from within the example, as any failing test would."""

    def __init__(self, subject: Subject, world: World) -> None:
        self._subject = subject
        self._world = world
        self._raised: dict[bytes, PromiseBroken] = {}

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """Raise PromiseBroken if this run breaks a promise; the same error when it is repeated."""
        key = dumps(schedule)
        breach = first_breach(outcome)
        if breach is not None and key not in self._raised:
            found = Found(breach, 1, len(schedule.steps), [schedule], schedule, outcome.history)
            self._raised[key] = broken(self._subject, self._world, found)
        if key in self._raised:  # Hypothesis runs a failing example several times
            raise self._raised[key]


class _FirstBreach(Evidence):
    """Evidence that has enough once anything is broken."""

    def wants(self) -> bool:
        return not self.found


def check(
    subject: Subject,
    world: World,
    *,
    settings: hypothesis.settings | None = None,
    seed: int = 0,
    allow_unknown: tuple[str, ...] = (),
    rehearsal: World | None = None,
) -> None:
    """Search for a breach of any promise of `subject` and raise PromiseBroken with the shortest story.

    What a real world shows is shrunk in `rehearsal`, the simulated one, if it shows there too.

    Raises NotCertified when calibration disagrees, or when a promise was never exercised, unless its id is in
    `allow_unknown`. `settings` default to the `dev` profile; the seed decides what is drawn, under CI as well.
    """
    if calibration := mismatches(subject, world):
        raise NotCertified(subject, tuple(f"calibration: {m}" for m in calibration))
    evidence = _FirstBreach(subject)
    machine = machine_for(subject, world, evidence)
    limits = search_settings(RUNS["dev"]) if settings is None else _ours(settings)
    generate(machine, seed=derive_seed(seed, subject.name, "check"), limits=limits)
    if evidence.found:
        told = min(evidence.found.keys() - evidence.acquitted().keys())
        raise broken(subject, world, evidence.found[told], rehearsal)
    reasons = {p.id: _unjudged(evidence, p) for p in subject.pattern.promises if p.id not in allow_unknown}
    if any(reasons.values()):
        raise NotCertified(subject, tuple(f"{p} {reason}" for p, reason in reasons.items() if reason))


def raising_machine(subject: Subject, world: World) -> type[Machine]:
    """The machine with a raising sink: its `TestCase` fails with PromiseBroken when a promise is broken."""
    return machine_for(subject, world, Raising(subject, world))


def first_breach(outcome: Outcome) -> Finding | None:
    """The first finding in the order of the pattern's promises."""
    return next((finding for j in outcome.judgements for finding in j.findings), None)


def broken(subject: Subject, world: World, found: Found, rehearsal: World | None = None) -> PromiseBroken:
    """Shrink, run the result again, and put both in an error to raise."""
    meter = Meter(
        Budget(runs=1, replays=1, shrink_executions=_SHRINK_EXECUTIONS), lambda: 0.0, lambda: False, 0.0
    )
    evidence, real = Evidence(subject), world.name in REAL_WORLDS
    shrinking = (
        RealShrinker(subject, world, evidence, meter, _nobody, rehearsal)
        if real
        else CounterexampleShrinker(subject, world, evidence, meter, _nobody)
    )
    shown = shrinking.one((found.finding.promise, found.finding.anomaly), found)
    return PromiseBroken(
        subject,
        shown.finding,
        shown.schedule,
        shrinking.histories[shown.file],
        found=found.schedule,
        executions=shown.executions,
        rate=f"{shown.reproduced} of {shown.replays} runs on {world.name}" if real else "",
    )


def _nobody() -> None: ...


def _ours(given: hypothesis.settings) -> hypothesis.settings:
    """Only how much is tried is the caller's choice; the rest must be ours for a seed to mean something."""
    return search_settings(given.max_examples, steps=given.stateful_step_count)


def _unjudged(evidence: Evidence, promise: Promise) -> str:
    tally = evidence.tallies[promise.id]
    if tally.checker_failed:
        return f"is unknown: {tally.checker_failed}"
    if not tally.exercised:
        return f"was never exercised in {evidence.runs} runs"
    doubted = doubt(promise, evidence.subject, evidence, expecting=False)
    return f"is unknown: {doubted}" if doubted else ""
