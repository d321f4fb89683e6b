"""Evidence: what many runs amount to, in counts for the certificate and the best schedule seen for each anomaly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from shaketable.certificate import Landed, OrdersTried
from shaketable.explore.generate.run_sink import CountingSink
from shaketable.explore.judge.contradictions import Contradictions, Key
from shaketable.explore.judge.evidence_floor import Strikes
from shaketable.explore.judge.never_quiet_runs import Unrest
from shaketable.history import COMPLETIONS, Event, History
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject, System
from shaketable.verdict import Finding, Judgement, Level, PromiseKind, Reason

_NEVER_QUIET = Reason("never-quiet", "never became quiet")
_GRAVITY: dict[Level, int] = {"LIMIT": 0, "OFF-PROFILE": 1, "VIOLATION": 2}


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
    checker_failed: Reason | None = None
    unknown: Counter[Reason] = field(default_factory=Counter)
    clauses: Counter[str] = field(default_factory=Counter)
    """How often each clause could have been broken, also those that never could."""
    strikes: Strikes = field(default_factory=Strikes)
    strikes_of: dict[str, Strikes] = field(default_factory=dict)
    """The same for each clause that could have been broken."""

    def count(self, judgement: Judgement, landed: Mapping[tuple[str, str, str], int]) -> None:
        """Count one run that tells something about the promise, with the faults that landed in it."""
        self.runs += 1
        self.exercised += judgement.exercised
        for clause, exercised in judgement.clauses:
            self.clauses[clause] += exercised
            if exercised:
                self.strikes_of.setdefault(clause, Strikes()).add(landed, needs_faults=False)

    def count_unknown(self, reason: Reason) -> None:
        """Count one run that says nothing about the promise."""
        if reason.kind == "checker-failed":
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
        self.unknown_runs: Counter[Reason] = Counter()
        self.unrest = Unrest()
        self.transitions: Counter[str] = Counter()
        """The number of times that runs went from one state to another, by "state -> state"."""
        self.ended: Counter[tuple[str, str]] = Counter()
        """The number of ops by their name and how they ended: ok, fail or info."""
        self.policies: Counter[str] = Counter()
        """The number of runs by the policy that decided their order; "" is first in, first out."""
        self._orders_seen: set[str] = set()
        self.last_order = ""
        """The digest of the order of the last run; "" if none was decided."""
        self._landed: Counter[tuple[str, str, str]] = Counter()
        self._needs_faults = isinstance(subject.target, System)
        self._starts_max = starts_max
        self._contradictions = Contradictions(subject)
        self._withdrawn: dict[Key, str] = {}

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """Count one generated run."""
        self.runs += 1
        self.steps += len(schedule.steps)
        self.policies[outcome.policy or ""] += 1
        self.last_order = outcome.order
        if self.last_order:
            self._orders_seen.add(self.last_order)
        landed: Counter[tuple[str, str, str]] = Counter()
        never_quiet = self._read(outcome.history, landed)
        void = outcome.reason
        if never_quiet:
            self.unrest.add(outcome.history)
        if void or never_quiet:
            self.unknown_runs[void or _NEVER_QUIET] += 1
        for judgement in outcome.judgements:
            tally = self.tallies[judgement.promise]
            if judgement.findings:
                tally.count(judgement, landed)
            elif reason := judgement.reason or void:
                tally.count_unknown(reason)
            elif never_quiet and self._kinds[judgement.promise] == "liveness":
                tally.count_unknown(_NEVER_QUIET)
            elif judgement.exercised:
                tally.count(judgement, landed)
                tally.strikes.add(landed, needs_faults=self._needs_faults)
        self.notice(schedule, outcome)
        self._contradictions.remember(outcome.history)
        if not void:
            self.transitions.update(_transitions(outcome.history))

    def contradicted(self) -> dict[Key, str]:
        """Return what was found and is contradicted by other runs, with the reason: it is not reported."""
        findings = {key: found.finding for key, found in self.found.items()}
        contradicted = self._contradictions.of(findings, [found.history for found in self.found.values()])
        return contradicted | {key: reason for key, reason in self._withdrawn.items() if key in findings}

    def withdraw(self, key: Key, reason: str) -> None:
        """Report an anomaly no more, whichever runs showed it: its promise is unknown for this reason."""
        self._withdrawn[key] = reason

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
        if lighter or (len(starts) == self._starts_max and _simplicity(schedule) >= _simplicity(starts[-1])):
            return
        if schedule not in starts:
            starts.append(schedule)
            starts.sort(key=_simplicity)
            del starts[self._starts_max :]

    def _read(self, history: History, landed: Counter[tuple[str, str, str]]) -> bool:
        """Count ops and receipts, those of this run into `landed`, and tell whether the run never became quiet."""
        ops, never_quiet = 0, False
        for event in history.events:
            kind = event.kind
            if kind == "invoke":
                ops += 1
            elif kind in COMPLETIONS:
                self.ended[event.name, kind] += 1
            elif kind == "receipt":
                self.faults_landed += 1
                self._count_receipt(history, event, landed)
            elif kind == "phase" and event.name == "quiet":
                never_quiet = not event.value["quiet"]
        self.ops += ops
        self._landed += landed
        return never_quiet

    def _count_receipt(self, history: History, receipt: Event, landed: Counter[tuple[str, str, str]]) -> None:
        if not 0 <= receipt.ref < len(history):
            return
        fault = history[receipt.ref]
        value = fault.value if isinstance(fault.value, dict) else {}
        landed[_place(value, fault.process), fault.name, value.get("leg", "")] += 1

    def ended_so(self, kind: str) -> int:
        """Return the number of ops that ended ok, fail or info."""
        return sum(count for (_, ended), count in self.ended.items() if ended == kind)

    def orders(self) -> OrdersTried | None:
        """Return which orders were tried; None if none was decided."""
        if not any(self.policies):
            return None
        return OrdersTried(dict(sorted(self.policies.items())), len(self._orders_seen))

    def landed(self) -> tuple[Landed, ...]:
        """Return which fault landed where and how often, in a fixed order."""
        return tuple(Landed(*where, count) for where, count in sorted(self._landed.items()))


def _simplicity(schedule: Schedule) -> tuple[bool, int]:
    """Return the key by which schedules are sorted: what needs no order of its own comes first, then what has fewer steps."""
    return bool(schedule.deviations), len(schedule.steps)


def _transitions(history: History) -> list[str]:
    """Return `state -> state` for each change in the `state` events of one thing."""
    last: dict[tuple[str, str], str] = {}
    taken: list[str] = []
    for event in history.events:
        if event.kind != "state" or not isinstance(event.value, str):
            continue
        of = (event.process, event.name)
        old = last.get(of)
        if old is not None and old != event.value:
            taken.append(f"{old} -> {event.value}")
        last[of] = event.value
    return taken


def _place(fault: dict[str, str], process: str) -> str:
    """Return the route of a message fault, the link, or the service."""
    if "at" in fault:
        return fault["at"].rpartition(" #")[0]
    if "sender" in fault:
        return f"{fault['sender']}>{fault['receiver']}"
    return fault.get("service", process)
