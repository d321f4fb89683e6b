"""The counterexample of each anomaly found: its schedule shrunk and run again, with the history that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shaketable.certificate import Counterexample
from shaketable.explore.budget import Meter
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.shrink.robustness import shrink_robustly
from shaketable.explore.shrink.shrinker import Limits, Shrunk
from shaketable.history import History
from shaketable.runner import Outcome, execute
from shaketable.schedule import Expected, Schedule
from shaketable.subject import Subject
from shaketable.verdict import Finding
from shaketable.world import World

_REPORT_EVERY_EXECUTIONS = 20
_SHORT_STEPS = 4
"""A schedule this short is hardly improved by shrinking another one."""


class Counterexamples:
    """The counterexamples of the anomalies in `evidence` so far.

    `histories` holds their histories by file name, without suffix; `executions` counts those spent on shrinking.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.executions = 0
        self.histories: dict[str, History] = {}
        self.done: dict[Key, Counterexample] = {}

    def waiting(self) -> list[Key]:
        """Return the anomalies without a counterexample, and drop the counterexamples that other runs contradict."""
        evidence = self._evidence
        wrong = evidence.contradicted()
        for key in wrong:
            example = self.done.pop(key, None)
            if example is not None:
                self.histories.pop(example.file, None)
        return sorted(key for key in evidence.found if key not in self.done and key not in wrong)

    def as_found(self) -> None:
        """Make counterexamples of what is not shrunk yet, as it was found, without a single execution more."""
        for key in self.waiting():
            found = self._evidence.found[key]
            schedule = msgspec.structs.replace(found.schedule, expected=Expected(*key))
            file = file_name(self._evidence.subject.name, *key)
            self.histories[file] = found.history
            self.done[key] = Counterexample(
                found.finding, schedule, file, found.run, found.steps_first, 0, 0, 0
            )

    def so_far(self) -> Counterexamples:
        """Return what there would be if the search ended now; this is as it was."""
        copy = Counterexamples(self._evidence)
        copy.executions, copy.histories, copy.done = self.executions, dict(self.histories), dict(self.done)
        copy.as_found()
        return copy


class CounterexampleShrinker(Counterexamples):
    """Shrinks the schedules of the anomalies in `evidence`, and adds other anomalies that an execution shows to it.

    `report_progress` is called after each anomaly and every few executions.
    """

    def __init__(
        self,
        subject: Subject,
        world: World,
        evidence: Evidence,
        meter: Meter,
        report_progress: Callable[[], None],
    ) -> None:
        super().__init__(evidence)
        self._report_progress = report_progress
        self._subject = subject
        self._world = world
        self._meter = meter
        self._executed = 0

    def all(self) -> None:
        """Make one counterexample for each anomaly, including those that only shrinking brought up."""
        while waiting := self.waiting():
            for key in waiting:
                self.done[key] = self.one(key, self._evidence.found[key])
                self._report_progress()

    def one(self, key: Key, found: Found) -> Counterexample:
        """Return the counterexample of one anomaly."""
        spent_before = self.executions
        best = self.shortest(found)
        return self._replayed(key, found, best, self.executions - spent_before)

    def shortest(self, found: Found) -> Shrunk:
        """Return the shortest result of shrinking each schedule that was kept: some end in a local minimum.

        A result that holds whatever the timing is better than a shorter one that does not.
        """
        best: Shrunk | None = None
        for start in list(found.starts):  # a copy: shrinking adds schedules that are shrunk already
            shrunk = self._shrink(found.finding, start)
            if best is None or _rank(shrunk) < _rank(best):
                best = shrunk
            if shrunk.minimal and shrunk.holds and _is_short(shrunk.schedule):
                break
        assert best is not None
        return best

    def _shrink(self, finding: Finding, start: Schedule) -> Shrunk:
        limits = Limits(self._meter.budget.shrink_executions, self._meter.out_of_shrinking)
        return shrink_robustly(self._subject, self._world, start, lambda s: self._shows(s, finding), limits)

    def _shows(self, schedule: Schedule, finding: Finding) -> bool:
        self.executions += 1
        return self._execute(schedule, finding) is not None

    def _execute(self, schedule: Schedule, finding: Finding) -> Shown | None:
        """Execute the schedule and return the finding with its history; None if it does not show as seriously."""
        outcome = execute(self._world, self._subject, schedule)
        if not schedule.seed:  # what else shows under a drawn timing may depend on that timing
            self._evidence.notice(schedule, outcome)
        self._executed += 1
        if self._executed % _REPORT_EVERY_EXECUTIONS == 0:
            self._report_progress()
        shown = find(outcome, (finding.promise, finding.anomaly))
        return Shown(shown, outcome.history) if shown is not None and shown.level == finding.level else None

    def _replayed(self, key: Key, found: Found, best: Shrunk, executions: int) -> Counterexample:
        """Run the minimal schedule again and return the counterexample, always with a history that shows it."""
        schedule = msgspec.structs.replace(best.schedule, expected=Expected(*key))
        shown: Shown | None = None
        reproduced = replays = 0
        while self._may_replay(replays):
            outcome = execute(self._world, self._subject, schedule, trace=bool(schedule.deviations))
            replays += 1
            if schedule.seed:  # not counted while it was shrunk, and what its history shows is to be told
                self._evidence.notice(schedule, outcome)
            again = find(outcome, key)
            if again is not None:
                reproduced += 1
                shown = shown or Shown(again, outcome.history)
        if shown is None:
            schedule, shown = self._shown_before(key, found, schedule)
        file = file_name(self._subject.name, *key)
        self.histories[file] = shown.history
        return Counterexample(
            shown.finding,
            schedule,
            file,
            found.run,
            found.steps_first,
            executions,
            reproduced,
            replays,
            timings_shown=best.timings_shown,
            timings=best.timings,
        )

    def _may_replay(self, replays: int) -> bool:
        return replays < self._meter.budget.replays and not (replays and self._meter.stopped())

    def _shown_before(self, key: Key, found: Found, schedule: Schedule) -> tuple[Schedule, Shown]:
        """Return a run that showed the anomaly, with its schedule, as no replay of `schedule` does."""
        del schedule
        return msgspec.structs.replace(found.schedule, expected=Expected(*key)), Shown(
            found.finding, found.history
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding and the history that shows it."""

    finding: Finding
    history: History


def _rank(shrunk: Shrunk) -> tuple[bool, bool, tuple[int, int]]:
    return not shrunk.shown, not shrunk.holds, _length(shrunk)


def _is_short(schedule: Schedule) -> bool:
    return not schedule.deviations and len(schedule.steps) <= _SHORT_STEPS


def _length(shrunk: Shrunk) -> tuple[int, int]:
    """Return the number of steps and deviations, and of the latter: where the sum is the same, a step says more."""
    deviations = len(shrunk.schedule.deviations or ())
    return len(shrunk.schedule.steps) + deviations, deviations


def find(outcome: Outcome, key: Key) -> Finding | None:
    """Return the finding of this promise and anomaly; None if the run does not show it."""
    for judgement in outcome.judgements:
        if judgement.promise == key[0]:
            for finding in judgement.findings:
                if finding.anomaly == key[1]:
                    return finding
    return None


def file_name(subject: str, promise: str, anomaly: str) -> str:
    """Return a file name without suffix, of lower case letters, digits and single dashes."""
    return "--".join(
        re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in (subject, promise, anomaly)
    )
