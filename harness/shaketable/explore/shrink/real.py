"""Shrinking what a real world showed: rehearsed in the simulated world, confirmed where it was found.

No two runs of a real world are alike, and each takes the better part of a second. So where the subject can be
simulated and shows the same there, it is shrunk there, thousands of runs a second, and only the result is run for
real. Where it does not, or where the shorter story is not confirmed, it is shrunk on the real world itself, and a
candidate that does not show it is tried again, the more often the less reliably others did.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from shaketable.certificate import Counterexample
from shaketable.errors import HarnessError, UsageError
from shaketable.explore.budget import Meter
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.shrink.counterexamples import Shown, Shrinking, find
from shaketable.explore.shrink.shrinker import Limits, Shrunk, shrink
from shaketable.runner import execute
from shaketable.schedule import Schedule, dumps
from shaketable.subject import Subject, System
from shaketable.verdict import Finding
from shaketable.world import World

_CONFIRM_TRIES = 3
_MISSED_AT_MOST = 0.1
"""The chance that a candidate which does show it is taken for one that does not."""
TRIES_MAX = 5
"""How often a schedule is run at most before it counts as one that does not show it."""
_EXECUTIONS_MAX = 150
REPLAYS_AT_LEAST = 5
"""A rate is only worth something over several runs."""


def can_be_simulated(subject: Subject) -> bool:
    """Whether a simulated world can run it: of a black box nothing can."""
    return isinstance(subject.target, System) and not any(p.is_black_box for p in subject.target.parts)


@dataclass(slots=True)
class Rate:
    """How reliably schedules that show it do: of how many runs of such schedules how many showed it."""

    shown: int = 1  # the run that found it
    runs: int = 1

    @property
    def tries(self) -> int:
        """How often to try before a schedule counts as one that does not show it."""
        missed = 1 - (self.shown + 1) / (self.runs + 2)
        return min(TRIES_MAX, math.ceil(math.log(_MISSED_AT_MOST) / math.log(missed)))


class RealShrinking(Shrinking):
    """`rehearsal` is the simulated world, None for a subject that cannot be simulated."""

    def __init__(
        self,
        subject: Subject,
        world: World,
        evidence: Evidence,
        meter: Meter,
        told: Callable[[], None],
        rehearsal: World | None,
    ) -> None:
        super().__init__(subject, world, evidence, meter, told)
        self._rehearsal = rehearsal
        self.rehearsals = 0  # executions in the simulated world, of all that were made
        self._rate = Rate()
        self._seen: dict[bytes, Shown] = {}
        self._give_up_s = math.inf

    def one(self, key: Key, found: Found) -> Counterexample:
        """The counterexample of one anomaly, within its share of the time that is left."""
        self._rate, self._seen = Rate(), {}
        waiting = len(self._evidence.found) - len(self.done)
        self._give_up_s = self._meter.elapsed_s + self._meter.shrinking_left_s / max(1, waiting)
        return super().one(key, found)

    def shortest(self, found: Found) -> Shrunk:
        """What the simulated world makes of it, if that is confirmed; else what this one does."""
        rehearsed_before = self.rehearsals
        best = self._rehearsed(found)
        if best is None:
            best = self._shrink(found.finding, found.starts[0])
        self.executions += self.rehearsals - rehearsed_before
        if best.shown:
            return best
        return Shrunk(found.schedule, best.executions, False, best.reason, shown=False)

    def _rehearsed(self, found: Found) -> Shrunk | None:
        """The story shrunk in the simulated world; None if it does not show there, or the story does not here."""
        stage, key = self._rehearsal, (found.finding.promise, found.finding.anomaly)
        if stage is None:
            return None
        try:
            starts = [s for s in found.starts if find(execute(stage, self._subject, s), key) is not None]
            if not starts:
                return None
            shrinking = Shrinking(self._subject, stage, Evidence(self._subject), self._meter, self._told)
            shrunk = shrinking.shortest(replace(found, starts=starts))
        except (HarnessError, UsageError):  # what cannot be simulated is shrunk where it was found
            return None
        self.rehearsals += shrinking.executions
        return shrunk if self._is_shown(shrunk.schedule, found.finding, _CONFIRM_TRIES) else None

    def _shrink(self, finding: Finding, start: Schedule) -> Shrunk:
        executions_max = min(self._meter.budget.shrink_executions, _EXECUTIONS_MAX)
        limits = Limits(executions_max, self._out_of_time)
        return shrink(start, lambda s: self._shows(s, finding), limits)

    def _shows(self, schedule: Schedule, finding: Finding) -> bool:
        return self._is_shown(schedule, finding, self._rate.tries)

    def _is_shown(self, schedule: Schedule, finding: Finding, tries: int) -> bool:
        for tried in range(1, tries + 1):
            self.executions += 1
            shown = self._execute(schedule, finding)
            if shown is not None:
                self._seen[dumps(schedule)] = shown
                self._rate = Rate(self._rate.shown + 1, self._rate.runs + tried)
                return True
            if self._out_of_time():
                break
        return False

    def _may_replay(self, replays: int) -> bool:
        if self._meter.stopped():
            return False
        wanted = max(self._meter.budget.replays, REPLAYS_AT_LEAST)
        return replays < wanted and not (replays and self._meter.out_of_shrinking())

    def _once_shown(self, key: Key, found: Found, schedule: Schedule) -> tuple[Schedule, Shown]:
        seen = self._seen.get(dumps(msgspec.structs.replace(schedule, expected=None)))
        return (schedule, seen) if seen else super()._once_shown(key, found, schedule)

    def _out_of_time(self) -> bool:
        return self._meter.out_of_shrinking() or self._meter.elapsed_s >= self._give_up_s
