"""PJ-3: the position of a view moves forward, and never past a record that is not in the view."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.mapping.history_index import Append, Change
from shaketable.mapping.quantity import quantity
from shaketable.mapping.roles import Record
from shaketable.mapping.value_paths import Read, compiled, text
from shaketable_patterns.projection.facts import ReadModelFacts, ViewRows, changes_of
from shaketable_patterns.projection.roles import Position, Projection


def position_moves_forward(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge that no position goes back, but for one that starts again where a rebuild was asked for."""
    for role in facts.positions:
        read = compiled(role.next)
        for change in facts.index.changes_of(role.rows.database, role.rows.table):
            before = change.before
            if before is None or "delete" in (change.verb, before.verb) or not role.rows.has(change):
                continue
            was, now = quantity(read(before)), quantity(read(change))
            if was is None or now is None:
                continue
            tally.exercised += 1
            if now < was and not (now == 0 and facts.rebuilds()):
                place = f"{text(compiled(role.topic)(change))}/{text(compiled(role.partition)(change))}"
                tally.breach(
                    "position-went-back",
                    f"the position on {place} went from {was} to {now}",
                    before.at,
                    change.at,
                )


def position_is_not_ahead(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge at each commit of a position that every record before it is in the view, or kept as one that nothing can read."""
    parts = [_Part(role) for role in facts.projections if role.record is not None and role.version]
    records: dict[tuple[str, int], list[Append]] = {}
    for record in facts.index.appends:
        records.setdefault((record.topic, record.partition), []).append(record)
    unreadable = {record.at for record in facts.poisoned()}
    for role in facts.positions:
        reached: dict[tuple[str, str, int], int] = {}
        reads = _Reads(role)
        for commit in _commits(role, parts, facts):
            for part, change in commit:
                if part is not None:
                    part.take(change)
            for part, change in commit:
                if part is None and change.verb != "delete":
                    _judge(change, reads, records, reached, parts, unreadable, tally)


class _Part:
    """The rows of one projection as they are at some moment, with their versions."""

    def __init__(self, role: Projection) -> None:
        assert role.record is not None
        self.role = role
        self.record: Record = role.record
        self.first: dict[int, int] = {}
        self.view = ViewRows(role.view, role.view_of, role.scope)
        self._version = compiled(role.version)
        self._record_version = compiled(role.record_version)

    def take(self, change: Change) -> None:
        self.view.take(change, self.first)

    def has(self, record: Append, scope: str) -> bool:
        """Tell whether the view is as new as a record; one without a version says nothing."""
        version = quantity(self._record_version(record))
        if version is None:
            return True
        versions = (
            quantity(self._version(row)) for row in self.view.of(scope, text(self.record.read_of(record)))
        )
        return any(known is not None and known >= version for known in versions)


class _Reads:
    def __init__(self, role: Position) -> None:
        self.scope: Read = compiled(role.scope)
        self.topic: Read = compiled(role.topic)
        self.partition: Read = compiled(role.partition)
        self.next: Read = compiled(role.next)


def _commits(
    role: Position, parts: list[_Part], facts: ReadModelFacts
) -> Iterator[list[tuple[_Part | None, Change]]]:
    """Yield the changes of positions (None) and views commit by commit."""
    found: list[tuple[_Part | None, Change]] = [
        (None, change) for change in changes_of(role.rows, facts.index) if role.rows.has(change)
    ]
    for part in parts:
        found += [(part, change) for change in changes_of(part.role.view, facts.index)]
    found.sort(key=lambda one: one[1].number)
    together: list[tuple[_Part | None, Change]] = []
    for one in found:
        if together and one[1].commit != together[-1][1].commit:
            yield together
            together = []
        together.append(one)
    if together:
        yield together


def _judge(
    change: Change,
    reads: _Reads,
    records: dict[tuple[str, int], list[Append]],
    reached: dict[tuple[str, str, int], int],
    parts: list[_Part],
    unreadable: set[int],
    tally: Tally,
) -> None:
    scope, topic = text(reads.scope(change)), text(reads.topic(change))
    partition, position = quantity(reads.partition(change)), quantity(reads.next(change))
    if partition is None or position is None:
        return
    place = (scope, topic, int(partition))
    begin, end = reached.get(place, 0), int(position)
    reached[place] = end
    of_partition = records.get((topic, int(partition)), [])
    for record in of_partition[_place(of_partition, begin) : _place(of_partition, end)]:
        if record.at in unreadable or record.at > change.at:
            continue
        for part in parts:
            if not part.record.is_so(record) or topic not in part.record.topics:
                continue
            tally.exercised += 1
            if not part.has(record, scope):
                of = text(part.record.read_of(record))
                tally.breach(
                    "position-ahead",
                    f"the position on {topic}/{place[2]} is {end}, and record {record.offset} about {of} is not in the view",
                    record.at,
                    change.at,
                    about=(of,),
                )


def _place(records: list[Append], offset: int) -> int:
    """Return the place of the first record from `offset` on: a topic may begin anywhere, and skip some."""
    return bisect_left(records, offset, key=lambda record: record.offset)
