"""When an effect happened: each time, with what it was about and how much of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from shaketable.checkers.conservation import Quantity
from shaketable.history import Json
from shaketable.mapping.exact_values import quantities
from shaketable.mapping.roles import Becomes, Call, Effect, Record
from shaketable.mapping.values import Source, compiled, text
from shaketable.mapping.views import Append, Change, Entry, Views
from shaketable.mapping.where import Holds, holds


class Happening(msgspec.Struct, frozen=True, gc=False):
    """An effect happened once. `what` is the change, record or ledger entry behind it; without an `amount` that is 0."""

    at: int
    of: str
    amount: Quantity
    process: str
    what: Change | Append | Entry

    @property
    def row(self) -> dict[str, Json]:
        """The row it is of; empty for a record or a ledger entry."""
        return self.what.row if isinstance(self.what, Change) else {}


def happenings(effect: Effect, views: Views) -> list[Happening]:
    """List every time that `effect` happened, in order. The list is shared by all who ask for the same effect."""
    key = repr(effect)
    found = views.happened.get(key)
    if found is None:
        found = views.happened[key] = _read(effect, views)
    return found


def by_subject(effect: Effect, views: Views) -> dict[str, list[Happening]]:
    """Sort the same by what it is about, each in order. Shared too."""
    key = repr(effect)
    found = views.happened_to.get(key)
    if found is None:
        found = {}
        for happening in happenings(effect, views):
            found.setdefault(happening.of, []).append(happening)
        views.happened_to[key] = found  # not before: one that cannot be read is told to all who ask
    return found


def _read(effect: Effect, views: Views) -> list[Happening]:
    of = compiled(effect.of)
    amount = quantities(effect.amount, f"amount of {_named(effect)}") if effect.amount else _none
    found = []
    for what in _matching(effect, views):
        source = (_as_it_was(effect, what) if isinstance(what, Change) else what).source
        found.append(Happening(what.at, text(of(source)), amount(source), what.process, what))
    return found


def _as_it_was(effect: Effect, change: Change) -> Change:
    leaves = isinstance(effect, Becomes) and effect.on in ("leaves", "delete")
    return change.before if leaves and change.before is not None else change


def _none(_: Source) -> int:
    return 0


def _named(effect: Effect) -> str:
    match effect:
        case Becomes(rows=rows):
            return f"a row of {rows.database}.{rows.table}"
        case Record(topics=topics):
            return f"a record on {', '.join(topics)}"
        case Call(partner=partner, route=route):
            return f"a call of {partner}'s {route}"


def _matching(effect: Effect, views: Views) -> Iterator[Change | Append | Entry]:
    wanted = holds(effect.where)
    match effect:
        case Becomes():
            yield from changes_that(effect, views)
        case Record():
            for record in records_of(effect.topics, views):
                if wanted(record.source):
                    yield record
        case Call():
            for entry in views.entries.get((effect.partner, effect.route), ()):
                if wanted(entry.source):
                    yield entry


def records_of(topics: Sequence[str], views: Views) -> list[Append]:
    """List the records of several topics, in the order of the history."""
    if len(topics) == 1:
        return views.by_topic.get(topics[0], [])
    found = [record for topic in topics for record in views.by_topic.get(topic, ())]
    found.sort(key=lambda record: record.at)
    return found


def changes_that(effect: Becomes, views: Views) -> Iterator[Change]:
    """Yield the changes by which a row becomes what `effect` says."""
    rows = effect.rows
    mine, state = holds(rows.where), holds(effect.where)
    for change in views.changes_of(rows.database, rows.table):
        if mine(change.source) and _becomes(effect.on, change, state):
            yield change


def _becomes(on: str, change: Change, state: Holds) -> bool:
    before = change.before
    was = before is not None and before.verb != "delete" and change.verb != "insert"
    match on:
        case "insert":
            return change.verb == "insert" and state(change.source)
        case "delete":
            return change.verb == "delete" and (before is None or state(before.source))
    is_now = change.verb != "delete" and state(change.source)
    was_before = was and before is not None and state(before.source)
    return is_now and not was_before if on == "enters" else was_before and not is_now
