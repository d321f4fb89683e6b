"""Positions against the offsets of a history, which counts those of a run from 0: a topic that is kept from run to run begins elsewhere."""

from __future__ import annotations

import msgspec

from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.quantity import quantity
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.projection.roles import Position

Partition = tuple[str, int]


class Reached(msgspec.Struct, frozen=True, gc=False):
    """A position as a view wrote it down: `next` as its row says."""

    change: Change
    scope: str
    partition: Partition
    next: int


def positions_of(role: Position, index: HistoryIndex) -> list[Reached]:
    """Return what was written into the rows of a position, in order; what is no number is left out."""
    scope, topic = compiled(role.scope), compiled(role.topic)
    partition, next_ = compiled(role.partition), compiled(role.next)
    found = []
    for change in index.changes_of(role.rows.database, role.rows.table):
        number, position = quantity(partition(change)), quantity(next_(change))
        if change.verb != "delete" and role.rows.has(change) and number is not None and position is not None:
            place = text(topic(change)), int(number)
            found.append(Reached(change, text(scope(change)), place, int(position)))
    return found


def first_offsets(reached: list[Reached], index: HistoryIndex) -> dict[Partition, int]:
    """Return the position that stands for the first record of the run, by partition.

    No view is further than the last record that was delivered by then, and at the end of a quiet run it is as far as that: the
    difference is where the run began. In a run that is never quiet it may be less far, and the first position is taken.
    """
    delivered: dict[Partition, int] = {}
    begins: dict[Partition, int] = {}
    first: dict[Partition, int] = {}
    events = iter(index.deliveries)
    waiting = next(events, None)
    for one in sorted(reached, key=lambda one: one.change.number):
        while waiting is not None and waiting.at < one.change.at:
            place = waiting.record.topic, waiting.record.partition
            delivered[place] = max(delivered.get(place, -1), waiting.record.offset)
            waiting = next(events, None)
        if one.next > 0:
            first.setdefault(one.partition, one.next - 1)
            beyond = one.next - delivered.get(one.partition, -1) - 1
            begins[one.partition] = max(begins.get(one.partition, 0), beyond)
    if not index.unsettled or not index.deliveries:
        return begins if index.deliveries else {}
    return {place: first[place] if begin else 0 for place, begin in begins.items()}
