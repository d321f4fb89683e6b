"""The record of a search, batch by batch: what each is drawn from, its counts, and digests of what its runs showed.

In a world where a schedule always gives the same history a batch can be made again from its number, and compared.
The record is bounded: once there are too many, two neighbours become one.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import msgspec

from shaketable.certificate import Batch, Counts
from shaketable.explore.judge.evidence import Evidence
from shaketable.runner import Outcome

BATCHES_MAX = 256
_ENCODE = msgspec.json.Encoder().encode


class BatchRecorder:
    """Records the runs that `evidence` counts; `begin` opens a batch, for which `examples_max` schedules are drawn, `end` closes it."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._batches: list[Batch] = []
        self.begin(0)

    def begin(self, examples_max: int) -> None:
        """Open a batch."""
        self._examples_max = examples_max
        self._before = _counts(self._evidence)
        self._broken: Counter[str] = Counter()
        self._orders: set[str] = set()
        self._judgements = hashlib.sha256()
        self._histories = hashlib.sha256()

    def take(self, outcome: Outcome) -> None:
        """Add one run to the open batch; the evidence has counted it."""
        shown = {f"{finding.promise} {finding.anomaly}" for finding in outcome.findings}
        self._broken.update(sorted(shown))
        if self._evidence.last_order:
            self._orders.add(self._evidence.last_order)
        self._judgements.update(_ENCODE((outcome.judgements, outcome.reason)))
        self._histories.update(_ENCODE(outcome.history.events))

    def end(self, examples_max: int) -> None:
        """Close the batch."""
        self._examples_max = examples_max
        self._batches += self._open()
        self.begin(0)

    def _open(self) -> list[Batch]:
        """Return the open batch as it stands; none if it has no run."""
        counts = _less(_counts(self._evidence), self._before)
        if not counts.runs or not self._examples_max:
            return []
        broken = dict(sorted(self._broken.items()))
        counts = msgspec.structs.replace(counts, broken=broken, orders=len(self._orders))
        digests = self._judgements.hexdigest(), self._histories.hexdigest()
        return [Batch(1, self._examples_max, counts, *digests)]

    @property
    def batches(self) -> tuple[Batch, ...]:
        """The batches so far, in order, joined until they are few enough."""
        return bounded(self._batches + self._open())


def bounded(batches: list[Batch]) -> tuple[Batch, ...]:
    """Join neighbours, two by two, until at most `BATCHES_MAX` are left, or none that can be joined."""
    while len(batches) > BATCHES_MAX:
        fewer = _joined_once(batches)
        if len(fewer) == len(batches):
            break
        batches = fewer
    return tuple(batches)


def as_one(batches: list[Batch]) -> Batch:
    """Join all of them, in the order in which `bounded` joins."""
    while len(batches) > 1:
        batches = [
            joined(*batches[n : n + 2]) if n + 1 < len(batches) else batches[n]
            for n in range(0, len(batches), 2)
        ]
    return batches[0]


def _joined_once(batches: list[Batch]) -> list[Batch]:
    """Join two by two; a batch for which fewer schedules were drawn than for others is the last of its record."""
    most = batches[0].examples_max
    fewer: list[Batch] = []
    for n in range(0, len(batches), 2):
        pair = batches[n : n + 2]
        fewer += [joined(*pair)] if len(pair) == 2 and pair[0].examples_max == most else pair
    return fewer


def joined(first: Batch, second: Batch) -> Batch:
    """Return two neighbours as one batch: counts add up, and digests are of both digests."""
    return Batch(
        first.generated + second.generated,
        second.examples_max,
        total((first.counts, second.counts)),
        _both(first.judgements_sha256, second.judgements_sha256),
        _both(first.histories_sha256, second.histories_sha256),
    )


def _both(first: str, second: str) -> str:
    return hashlib.sha256(f"{first} {second}".encode()).hexdigest()


def total(parts: tuple[Counts, ...]) -> Counts:
    """Add up the counts."""
    tables = [[getattr(part, name) for part in parts] for name in _TABLES]
    return Counts(*(sum(getattr(part, name) for part in parts) for name in _NUMBERS), *(map(_added, tables)))


def _added(tables: list[dict[str, int]]) -> dict[str, int]:
    added: Counter[str] = Counter()
    for table in tables:
        added.update(table)
    return dict(sorted(added.items()))


_TABLES = ("judged", "exercised", "clauses", "broken", "policies")
_NUMBERS = tuple(name for name in Counts.__struct_fields__ if name not in _TABLES)


def _counts(evidence: Evidence) -> Counts:
    tallies = evidence.tallies
    return Counts(
        evidence.runs,
        evidence.steps,
        evidence.ops,
        evidence.ended_so("ok"),
        evidence.ended_so("fail"),
        evidence.faults_landed,
        evidence.unknown_runs.total(),
        0,
        {id_: tally.runs for id_, tally in tallies.items()},
        {id_: tally.exercised for id_, tally in tallies.items()},
        {f"{id_} {clause}": n for id_, tally in tallies.items() for clause, n in tally.clauses.items()},
        {},
        {policy: n for policy, n in sorted(evidence.policies.items()) if policy},
    )


def _less(after: Counts, before: Counts) -> Counts:
    """Return what was counted since `before`; what was not counted at all is left out of the tables."""
    return Counts(
        *(getattr(after, name) - getattr(before, name) for name in _NUMBERS),
        *(_grown(getattr(after, name), getattr(before, name)) for name in _TABLES),
    )


def _grown(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)}
