"""PJ-3: the position of a view moves forward, and never past a record that is not in the view."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.mapping.history_index import Append, Change
from shaketable.mapping.quantity import quantity
from shaketable.mapping.roles import Record
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.projection.facts import ReadModelFacts, ViewRows, changes_of
from shaketable_patterns.projection.offsets import Partition, Reached, first_offsets, positions_of
from shaketable_patterns.projection.roles import Projection


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
        positions = positions_of(role, facts.index)
        begins = first_offsets(positions, facts.index)
        told: dict[tuple[str, Partition], int] = {}
        for commit in _commits(positions, parts, facts):
            for what, change in commit:
                if isinstance(what, _Part):
                    what.take(change)
            for what, _ in commit:
                if isinstance(what, Reached):
                    end = what.next - begins.get(what.partition, 0)
                    begin = told.get((what.scope, what.partition), 0)
                    told[what.scope, what.partition] = end
                    of_partition = records.get(what.partition, [])
                    new = of_partition[_place(of_partition, begin) : _place(of_partition, end)]
                    _judge(what, [one for one in new if one.at not in unreadable], parts, tally)


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


def _commits(
    positions: list[Reached], parts: list[_Part], facts: ReadModelFacts
) -> Iterator[list[tuple[_Part | Reached, Change]]]:
    """Yield the changes of positions and views commit by commit."""
    found: list[tuple[_Part | Reached, Change]] = [(one, one.change) for one in positions]
    for part in parts:
        found += [(part, change) for change in changes_of(part.role.view, facts.index)]
    found.sort(key=lambda one: one[1].number)
    together: list[tuple[_Part | Reached, Change]] = []
    for one in found:
        if together and one[1].commit != together[-1][1].commit:
            yield together
            together = []
        together.append(one)
    if together:
        yield together


def _judge(reached: Reached, records: list[Append], parts: list[_Part], tally: Tally) -> None:
    topic, partition = reached.partition
    for record in records:
        for part in parts:
            if topic not in part.record.topics or not part.record.is_so(record):
                continue
            tally.exercised += 1
            if record.at < reached.change.at and not part.has(record, reached.scope):
                of = text(part.record.read_of(record))
                tally.breach(
                    "position-ahead",
                    f"the position on {topic}/{partition} is {reached.next}, and record {record.offset} about {of} is not in the view",
                    record.at,
                    reached.change.at,
                    about=(of,),
                )


def _place(records: list[Append], offset: int) -> int:
    """Return the place of the first record from `offset` on: a topic may begin anywhere, and skip some."""
    return bisect_left(records, offset, key=lambda record: record.offset)
