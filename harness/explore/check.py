"""One subject under pytest: search, and fail with the shortest story."""

from __future__ import annotations

import hypothesis

from harness.explore.budget import derive_seed
from harness.explore.evidence import Evidence
from harness.explore.profiles import RUNS, search_settings
from harness.explore.shrink import shrink
from harness.explore.sink import Sink
from harness.explore.stateful import Machine, generate, machine_for
from harness.history import History
from harness.runner import Outcome, execute
from harness.schedule import Expected, Schedule, dumps
from harness.subject import Subject
from harness.verdict import Finding
from harness.world import World


class NotCertified(AssertionError):
    """Nothing was broken, but something could not be judged: `reasons` says what and why, one line each."""

    def __init__(self, subject: Subject, reasons: tuple[str, ...]) -> None:
        super().__init__(f"{subject.name} is not certified:\n" + "\n".join(f"  {r}" for r in reasons))
        self.subject = subject
        self.reasons = reasons


class PromiseBroken(AssertionError):
    """A promise was broken: the finding, the shortest schedule that shows it and the history of that schedule.

    `found` is the schedule that first showed it; `executions` is what shrinking took.
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
    ) -> None:
        super().__init__(
            f"{subject.name} breaks {finding.promise} ({finding.anomaly}): {finding.message} "
            f"[{len(schedule.steps)} steps, shrunk from {len(found.steps)}]"
        )
        self.subject = subject
        self.finding = finding
        self.schedule = schedule
        self.history = history
        self.found = found
        self.executions = executions

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
            self._raised[key] = broken(self._subject, self._world, schedule, breach)
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
) -> None:
    """Search for a breach of any promise of `subject` and raise PromiseBroken with the shortest story.

    Raises NotCertified when calibration disagrees, or when a promise was never exercised, unless its id is in
    `allow_unknown`. `settings` default to the `dev` profile; the seed decides what is drawn, under CI as well.
    """
    mismatches = subject.pattern.calibrate(subject, lambda s: execute(world, subject, s).history)
    if mismatches:
        raise NotCertified(subject, tuple(f"calibration: {m}" for m in mismatches))
    evidence = _FirstBreach(subject)
    machine = machine_for(subject, world, evidence)
    limits = search_settings(RUNS["dev"]) if settings is None else _ours(settings)
    generate(machine, seed=derive_seed(seed, subject.name, "check"), limits=limits)
    if evidence.found:
        found = evidence.found[min(evidence.found)]
        raise broken(subject, world, found.starts[0], found.finding)
    unknown = [p for p in evidence.tallies if _unjudged(evidence, p) and p not in allow_unknown]
    if unknown:
        raise NotCertified(subject, tuple(f"{p} {_unjudged(evidence, p)}" for p in unknown))


def raising_machine(subject: Subject, world: World) -> type[Machine]:
    """The machine with a raising sink: its `TestCase` fails with PromiseBroken when a promise is broken."""
    return machine_for(subject, world, Raising(subject, world))


def first_breach(outcome: Outcome) -> Finding | None:
    """The first finding in the order of the pattern's promises."""
    return next((finding for j in outcome.judgements for finding in j.findings), None)


def broken(subject: Subject, world: World, schedule: Schedule, finding: Finding) -> PromiseBroken:
    """Shrink, run the result again, and put both in an error to raise."""

    def shows(candidate: Schedule) -> bool:
        return execute(world, subject, candidate).shows(finding.promise, finding.anomaly)

    shrunk = shrink(schedule, shows)
    last = execute(world, subject, shrunk.schedule)
    shown = next((f for j in last.judgements for f in j.findings if _same(f, finding)), finding)
    minimal = Schedule(
        subject.name,
        shrunk.schedule.steps,
        shrunk.schedule.seed,
        Expected(finding.promise, finding.anomaly),
    )
    return PromiseBroken(subject, shown, minimal, last.history, found=schedule, executions=shrunk.executions)


def _same(one: Finding, other: Finding) -> bool:
    return (one.promise, one.anomaly) == (other.promise, other.anomaly)


def _ours(given: hypothesis.settings) -> hypothesis.settings:
    """Only how much is tried is the caller's choice; the rest must be ours for a seed to mean something."""
    return search_settings(given.max_examples, steps=given.stateful_step_count)


def _unjudged(evidence: Evidence, promise: str) -> str:
    tally = evidence.tallies[promise]
    if tally.checker_failed:
        return f"is unknown: {tally.checker_failed}"
    return "" if tally.exercised else f"was never exercised in {evidence.runs} runs"
