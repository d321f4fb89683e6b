"""Shrinking on real servers: in the simulated world where possible, and confirmed where the anomaly was found.

No two runs on real servers are alike, and each takes the better part of a second. So a schedule that shows its anomaly
in the simulated world too is shrunk there, with thousands of runs a second, and only the result is run on the servers.
If it does not, or if the result is not confirmed, it is shrunk on the servers themselves: a candidate that does not show
the anomaly is tried again, the more often the less reliably other candidates showed it.

A search lets time pass faster than a service was made for. What only such servers show, and neither the simulated world nor
patient servers do, may be the hurry's doing: it is withdrawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from shaketable.certificate import Counterexample
from shaketable.errors import HarnessError, UsageError
from shaketable.explore.budget import Meter
from shaketable.explore.confirm import confirm
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.shrink.counterexamples import CounterexampleShrinker, Shown, find
from shaketable.explore.shrink.plain_values import plain_values
from shaketable.explore.shrink.shrinker import Limits, Shrunk, shrink
from shaketable.runner import execute
from shaketable.schedule import Schedule, dumps
from shaketable.subject import Subject, System
from shaketable.verdict import Finding
from shaketable.world import LastingWorld, LimitedWorld, World

_CONFIRM_TRIES = 3
_MISSED_SHARE_MAX = 0.1
"""The probability that a candidate which can show the anomaly is taken for one that cannot."""
TRIES_MAX = 5
"""The number of runs after which a schedule counts as one that does not show its anomaly."""
_EXECUTIONS_MAX = 150
REPLAYS_AT_LEAST = 5
"""Fewer replays would give no useful rate."""


def can_be_simulated(subject: Subject) -> bool:
    """Tell whether a simulated world can run the subject: it has to be a system without a black box or a server of no model."""
    target = subject.target
    if not isinstance(target, System) or target.other_servers:
        return False
    return not any(part.is_black_box for part in target.parts)


@dataclass(slots=True)
class ReproductionRate:
    """The rate at which schedules that can show the anomaly do: `shown` of `runs`, starting with the run that found it."""

    shown: int = 1
    runs: int = 1

    @property
    def tries(self) -> int:
        """The number of runs after which a schedule counts as one that does not show the anomaly."""
        missed = 1 - (self.shown + 1) / (self.runs + 2)
        return min(TRIES_MAX, math.ceil(math.log(_MISSED_SHARE_MAX) / math.log(missed)))


class RealShrinker(CounterexampleShrinker):
    """Shrinks in `rehearsal`, the simulated world, and confirms in `world`, or else shrinks in `world`.

    `rehearsal` is None for a subject that cannot be simulated. `rehearsals` counts those of `executions` made there.
    `patient` is the same world with more time, in which what was not shrunk in the simulated one must show too.
    """

    def __init__(
        self,
        subject: Subject,
        world: World,
        evidence: Evidence,
        meter: Meter,
        report_progress: Callable[[], None],
        rehearsal: World | None,
        patient: World | None = None,
    ) -> None:
        super().__init__(subject, world, evidence, meter, report_progress)
        self._rehearsal = rehearsal
        self._patient = patient
        self._was_simulated = False
        self.rehearsals = 0
        self._rate = ReproductionRate()
        self._seen: dict[bytes, Shown] = {}
        self._deadline_s = math.inf

    def one(self, key: Key, found: Found) -> Counterexample:
        """Return the counterexample of one anomaly, within its share of the time that is left."""
        self._rate, self._seen = ReproductionRate(), {}
        waiting = len(self._evidence.found) - len(self.done)
        self._deadline_s = self._meter.elapsed_s + self._meter.shrinking_left_s / max(1, waiting)
        example = super().one(key, found)
        patient = self._patient
        if patient is None or self._was_simulated or patient.traits.scale >= self._world.traits.scale:
            return example
        return self._tried_patiently(key, example, patient)

    def _tried_patiently(self, key: Key, example: Counterexample, patient: World) -> Counterexample:
        """Replay the schedule where services have more time, and withdraw what does not show there.

        Where that cannot be said, it is withdrawn if nothing ever struck, for then only the hurry can have done it, or if the
        world lacks what such a run needs: what it cannot show it cannot accuse of either.
        """
        if self._meter.stopped():
            return example
        _close(self._world)  # one set of servers at a time
        try:
            tried = confirm(
                patient, self._subject, example.schedule, times=REPLAYS_AT_LEAST, stop=self._meter.stopped
            )
        finally:
            _close(patient)
        history = self.histories[example.file]
        struck = any(event.kind == "receipt" for event in history.events)
        lacks = patient.cannot_show(self._subject, history) if isinstance(patient, LimitedWorld) else ""
        unsure = tried.outcome == "unknown" and tried.runs and (lacks or not struck)
        if tried.outcome == "refuted" or unsure:
            fast, slow = self._world.traits.scale, patient.traits.scale
            self._evidence.withdraw(
                key,
                f"shown with time passing {fast:g} times as fast, and in none of {tried.runs} runs at {slow:g} times: "
                f"that services had too little time may be all that is wrong{f'; {lacks}' if lacks else ''}",
            )
        return msgspec.structs.replace(example, confirmations=(*example.confirmations, tried))

    def shortest(self, found: Found) -> Shrunk:
        """Return the result of the simulated world if it is confirmed, otherwise that of the real one."""
        rehearsed_before = self.rehearsals
        rehearsed = self._rehearsed(found)
        self._was_simulated = rehearsed is not None
        best = rehearsed or self._shrunk_here(found)
        self.executions += self.rehearsals - rehearsed_before
        if best.shown:
            return best
        return Shrunk(found.schedule, best.executions, False, best.reason, shown=False)

    def _shrunk_here(self, found: Found) -> Shrunk:
        """Return the result of the first schedule that shows again: the shortest ones seen, and the one reported.

        What shows only now and then must not cost the reader a short story while another schedule shows it every time.
        """
        best = self._shrink(found.finding, found.starts[0])
        for start in (*found.starts[1:], found.schedule):
            if best.shown:
                break
            best = self._shrink(found.finding, start)
        return best

    def _rehearsed(self, found: Found) -> Shrunk | None:
        """Return the result of the simulated world; None if the anomaly does not show there, or the result not here."""
        rehearsal, key = self._rehearsal, (found.finding.promise, found.finding.anomaly)
        if rehearsal is None:
            return None
        try:
            starts = [s for s in found.starts if find(execute(rehearsal, self._subject, s), key) is not None]
            if not starts:
                return None
            shrinker = CounterexampleShrinker(
                self._subject, rehearsal, Evidence(self._subject), self._meter, self._report_progress
            )
            shrunk = shrinker.shortest(replace(found, starts=starts))
        except (HarnessError, UsageError):  # a schedule that cannot be simulated is shrunk where it was found
            return None
        self.rehearsals += shrinker.executions
        return shrunk if self._is_shown(shrunk.schedule, found.finding, _CONFIRM_TRIES) else None

    def _shrink(self, finding: Finding, start: Schedule) -> Shrunk:
        executions_max = min(self._meter.budget.shrink_executions, _EXECUTIONS_MAX)
        limits = Limits(executions_max, self._out_of_time)
        plain = plain_values(self._subject.pattern.workload(self._subject))
        return shrink(start, lambda s: self._shows(s, finding), limits, plain)

    def _shows(self, schedule: Schedule, finding: Finding) -> bool:
        return self._is_shown(schedule, finding, self._rate.tries)

    def _is_shown(self, schedule: Schedule, finding: Finding, tries: int) -> bool:
        for tried in range(1, tries + 1):
            self.executions += 1
            shown = self._execute(schedule, finding)
            if shown is not None:
                self._seen[dumps(schedule)] = shown
                self._rate = ReproductionRate(self._rate.shown + 1, self._rate.runs + tried)
                return True
            if self._out_of_time():
                break
        return False

    def _may_replay(self, replays: int) -> bool:
        if self._meter.stopped():
            return False
        wanted = max(self._meter.budget.replays, REPLAYS_AT_LEAST)
        return replays < wanted and not (replays and self._meter.out_of_shrinking())

    def _shown_before(self, key: Key, found: Found, schedule: Schedule) -> tuple[Schedule, Shown]:
        seen = self._seen.get(dumps(msgspec.structs.replace(schedule, expected=None)))
        return (schedule, seen) if seen else super()._shown_before(key, found, schedule)

    def _out_of_time(self) -> bool:
        return self._meter.out_of_shrinking() or self._meter.elapsed_s >= self._deadline_s


def _close(world: World) -> None:
    if isinstance(world, LastingWorld):
        world.close()
