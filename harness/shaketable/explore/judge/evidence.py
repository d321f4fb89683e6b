"""What many runs amount to: counts for the certificate, and the best schedule seen for each anomaly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from shaketable.certificate import Landed
from shaketable.explore.generate.sink import CountingSink
from shaketable.explore.judge.contradicted import Acquittal
from shaketable.explore.judge.transitions import transitions
from shaketable.history import COMPLETIONS, Event, History
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.verdict import Finding, Level, PromiseKind

CHECKER_FAILED = "the checker failed"  # how shaketable.checker.judge begins its reason
NEVER_QUIET = "never became quiet"
_GRAVITY: dict[Level, int] = {"LIMIT": 0, "OFF-PROFILE": 1, "VIOLATION": 2}

Key = tuple[str, str]
"""(promise, anomaly): what makes two findings the same."""


@dataclass(slots=True)
class Found:
    """One anomaly: the finding with the schedule and history it is of, when and in how many steps it was first shown,
    and the schedules to shrink.
    """

    finding: Finding
    run: int
    steps_first: int
    starts: list[Schedule]  # the shortest ones seen, shortest first
    schedule: Schedule
    history: History


@dataclass(slots=True)
class Tally:
    """One promise: how often it could have been broken, in how many runs, and why it could not be judged."""

    exercised: int = 0
    runs: int = 0
    checker_failed: str = ""
    unknown: Counter[str] = field(default_factory=Counter)

    def cannot_say(self, reason: str) -> None:
        """One run that says nothing about the promise."""
        if reason.startswith(CHECKER_FAILED):
            self.checker_failed = self.checker_failed or reason
        self.unknown[reason] += 1


class Evidence(CountingSink):
    """Adds up the runs of one subject. `starts_max` schedules are kept for each anomaly."""

    def __init__(self, subject: Subject, *, starts_max: int = 2) -> None:
        super().__init__(subject)
        self.tallies: dict[str, Tally] = {p.id: Tally() for p in subject.pattern.promises}
        self._kinds: dict[str, PromiseKind] = {p.id: p.kind for p in subject.pattern.promises}
        self.found: dict[Key, Found] = {}
        self.steps = self.ops = self.faults_landed = 0
        self.outcomes: Counter[str] = Counter()
        """How many ops ended ok, fail and info."""
        self.unknown_runs: Counter[str] = Counter()
        self.transitions: Counter[str] = Counter()
        self._landed: Counter[tuple[str, str, str]] = Counter()
        self._starts_max = starts_max
        self.acquittal = Acquittal(subject)

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """Count one generated run."""
        self.runs += 1
        self.steps += len(schedule.steps)
        never_quiet = self._read(outcome.history)
        void = outcome.unknown
        if void or never_quiet:
            self.unknown_runs[void or NEVER_QUIET] += 1
        for judgement in outcome.judgements:
            tally = self.tallies[judgement.promise]
            if judgement.findings:
                tally.runs += 1
                tally.exercised += judgement.exercised
            elif judgement.unknown or void:
                tally.cannot_say(judgement.unknown or void)
            elif never_quiet and self._kinds[judgement.promise] == "liveness":
                tally.cannot_say(NEVER_QUIET)
            elif judgement.exercised:
                tally.runs += 1
                tally.exercised += judgement.exercised
        self.notice(schedule, outcome)
        self.acquittal.remember(outcome.history)
        if not void:
            self.transitions.update(transitions(self.subject.pattern, outcome.history))

    def acquitted(self) -> dict[Key, str]:
        """What was found and is not told, since other runs contradict it, with the reason."""
        return self.acquittal.acquitted({key: found.finding for key, found in self.found.items()})

    def notice(self, schedule: Schedule, outcome: Outcome) -> None:
        """Keep the schedule for every anomaly it shows better than those kept so far."""
        for judgement in outcome.judgements:
            for finding in judgement.findings:
                self._keep(schedule, finding, outcome.history)

    def _keep(self, schedule: Schedule, finding: Finding, history: History) -> None:
        key = (finding.promise, finding.anomaly)
        known = self.found.get(key)
        if known is None or _GRAVITY[finding.level] > _GRAVITY[known.finding.level]:
            run, first = (known.run, known.steps_first) if known else (self.runs, len(schedule.steps))
            self.found[key] = Found(finding, run, first, [schedule], schedule, history)
            return
        starts = known.starts
        lighter = finding.level != known.finding.level
        if lighter or (len(starts) == self._starts_max and len(schedule.steps) >= len(starts[-1].steps)):
            return
        if schedule not in starts:
            starts.append(schedule)
            starts.sort(key=lambda s: len(s.steps))
            del starts[self._starts_max :]

    def _read(self, history: History) -> bool:
        """Count ops and receipts; whether the run never became quiet."""
        ops, never_quiet = 0, False
        for event in history.events:
            kind = event.kind
            if kind == "invoke":
                ops += 1
            elif kind in COMPLETIONS:
                self.outcomes[kind] += 1
            elif kind == "receipt":
                self._count_receipt(history, event)
            elif kind == "phase" and event.name == "quiet":
                never_quiet = not event.value["quiet"]
        self.ops += ops
        return never_quiet

    def _count_receipt(self, history: History, receipt: Event) -> None:
        self.faults_landed += 1
        if not 0 <= receipt.ref < len(history):
            return
        fault = history[receipt.ref]
        value = fault.value if isinstance(fault.value, dict) else {}
        self._landed[_place(value, fault.process), fault.name, value.get("leg", "")] += 1

    def landed(self) -> tuple[Landed, ...]:
        """Where which fault landed how often, in a fixed order."""
        return tuple(Landed(*where, count) for where, count in sorted(self._landed.items()))


def _place(fault: dict[str, str], process: str) -> str:
    """The route of a message fault, the link, or the service."""
    if "at" in fault:
        return fault["at"].rpartition(" #")[0]
    if "sender" in fault:
        return f"{fault['sender']}>{fault['receiver']}"
    return fault.get("service", process)
