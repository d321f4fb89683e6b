"""One subject under pytest: search, and fail with the shortest story."""

from __future__ import annotations

import hypothesis
import msgspec

from shaketable.explore.budget import Budget, Meter, derive_seed, never_stop
from shaketable.explore.generate.hypothesis_settings import RUNS, search_settings
from shaketable.explore.generate.machine import generate, machine_for
from shaketable.explore.judge.calibration import calibrate, require_promises
from shaketable.explore.judge.conclusion import reason_for
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.judge.expectations import expected_keys
from shaketable.explore.run_source import shrinker_for
from shaketable.explore.search import Search
from shaketable.history import History
from shaketable.schedule import Expected, Schedule
from shaketable.subject import Expectation, Subject
from shaketable.verdict import Finding, Reason
from shaketable.world import World

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


def check(
    subject: Subject,
    world: World,
    *,
    settings: hypothesis.settings | None = None,
    seed: int = 0,
    allow_unknown: tuple[str, ...] = (),
    rehearsal: World | None = None,
    excuses_expected: bool = False,
) -> None:
    """Search for a breach of any promise of `subject` and raise PromiseBroken with the shortest story.

    What a real world shows is shrunk in `rehearsal`, the simulated one, if it shows there too. What the profile documents
    is no breach; with `excuses_expected`, nor is what the subject is expected to break, and it must be found.

    Raises NotCertified when calibration disagrees, or when a promise is unknown for another reason, unless its id is in
    `allow_unknown`. `settings` default to the `dev` profile; the seed decides what is drawn, under CI as well.
    """
    require_promises(subject)
    calm = calibrate(subject, world)
    if calm.mismatches and not calm.broken:
        raise NotCertified(subject, tuple(f"calibration: {m}" for m in calm.mismatches))
    limits = search_settings(RUNS["dev"]) if settings is None else _ours(settings)
    found = Search(
        subject, _meter(limits.max_examples), enough=lambda e: bool(_unexcused(e, expected=excuses_expected))
    )
    for schedule, outcome in calm.broken:
        found.notice(schedule, outcome)
    if not _unexcused(found, expected=excuses_expected):
        machine = machine_for(subject, world, found)
        generate(machine, seed=derive_seed(seed, subject.name, "check"), limits=limits)
    told = _unexcused(found, expected=excuses_expected)
    if told:
        raise _broken(
            subject, world, found.found[_first(told - found.contradicted().keys() or told, found)], rehearsal
        )
    missing = [
        f"{promise} {anomaly} was expected and not found"
        for promise, anomaly in (expected_keys(subject) if excuses_expected else ())
        if (promise, anomaly) not in found.found
    ]
    if missing:
        raise NotCertified(subject, tuple(missing))
    excused = {promise for promise, _ in found.found} | {*allow_unknown}
    reasons = {p.id: reason_for(p, found) for p in subject.pattern.promises if p.id not in excused}
    unknown = tuple(
        f"{id_} {_in_words(reason, found.runs)}" for id_, reason in reasons.items() if reason is not None
    )
    if unknown:
        raise NotCertified(subject, unknown)


def _first(keys: set[Key], found: Evidence) -> Key:
    """Return what a run showed first; what else is found in it may follow from that."""
    return min(keys, key=lambda key: (max(found.found[key].finding.witness, default=0), key))


def _unexcused(found: Evidence, *, expected: bool) -> set[Key]:
    """Return what was found and is neither documented by the profile nor, if that excuses, expected of the subject."""
    expects = found.subject.expects if expected else Expectation()
    return {
        (promise, anomaly)
        for (promise, anomaly), one in found.found.items()
        if one.finding.level != "LIMIT"
        and promise not in expects.may_break
        and anomaly not in expects.breaks.get(promise, ())
    }


def _broken(subject: Subject, world: World, found: Found, rehearsal: World | None = None) -> PromiseBroken:
    """Shrink, run the result again, and put both in an error to raise."""
    shrinking = shrinker_for(subject, world, Evidence(subject), _meter(1), lambda: None, rehearsal)
    key = found.finding.promise, found.finding.anomaly
    try:
        shown = shrinking.one(key, found)
    except Exception as fault:  # of the harness: it takes no finding back
        schedule = msgspec.structs.replace(found.schedule, expected=Expected(*key))
        broken = PromiseBroken(
            subject,
            found.finding,
            schedule,
            found.history,
            found=found.schedule,
            executions=shrinking.executions,
        )
        broken.add_note(f"not shrunk, for a run of the harness failed: {type(fault).__name__}: {fault}")
        raise broken from fault
    rate = f"{shown.reproduced} of {shown.replays} runs on {world.name}"
    return PromiseBroken(
        subject,
        shown.finding,
        shown.schedule,
        shrinking.histories[shown.file],
        found=found.schedule,
        executions=shown.executions,
        rate="" if world.traits.repeatable else rate,
    )


def _meter(runs: int) -> Meter:
    budget = Budget(runs=runs, replays=1, shrink_executions=_SHRINK_EXECUTIONS)
    return Meter(budget, lambda: 0.0, never_stop, 0.0)


def _ours(given: hypothesis.settings) -> hypothesis.settings:
    """Take only from the caller's settings how much is tried; the rest must be ours for a seed to mean something."""
    return search_settings(given.max_examples, steps=given.stateful_step_count)


def _in_words(reason: Reason, runs: int) -> str:
    if reason.kind == "never-exercised":
        would = reason.text.partition("; ")[2]
        return f"was never exercised in {runs} runs" + (would and f"; {would}")
    return f"is unknown: {reason.text}"
