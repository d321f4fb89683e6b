"""When an effect happened: each time, with what it was about and how much of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shaketable.checkers.conservation import Quantity
from shaketable.history import Json
from shaketable.mapping.conditions import Holds
from shaketable.mapping.exact_readers import quantities
from shaketable.mapping.history_index import Append, Change, Entry, HistoryIndex
from shaketable.mapping.roles import Becomes, Call, Effect, Record
from shaketable.mapping.value_paths import Source, text


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


def happenings(effect: Effect, index: HistoryIndex) -> list[Happening]:
    """List every time that `effect` happened, in order. The list is shared by all who ask for the same effect."""
    return index.once(("happenings", effect.identity), lambda: _read(effect, index))


def by_subject(effect: Effect, index: HistoryIndex) -> dict[str, list[Happening]]:
    """Sort the same by what it is about, each in order. Shared too."""
    return index.once(("by subject", effect.identity), lambda: _sorted(happenings(effect, index)))


def _sorted(found: list[Happening]) -> dict[str, list[Happening]]:
    of: dict[str, list[Happening]] = {}
    for happening in found:
        known = of.get(happening.of)
        if known is None:
            of[happening.of] = [
                happening
            ]  # it mostly stays the only one: an empty list that grows takes more
        else:
            known.append(happening)
    return of


def _read(effect: Effect, index: HistoryIndex) -> list[Happening]:
    of = effect.read_of
    amount = quantities(effect.amount, f"amount of {_named(effect)}") if effect.amount else _none
    if isinstance(effect, Becomes) and effect.on in ("leaves", "delete"):
        return [
            Happening(change.at, text(of(was)), amount(was), change.process, change)
            for change in changes_that(effect, index)
            for was in (change.before or change,)
        ]
    return [
        Happening(what.at, text(of(what)), amount(what), what.process, what)
        for what in _matching(effect, index)
    ]


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


def _matching(effect: Effect, index: HistoryIndex) -> Sequence[Change | Append | Entry]:
    match effect:
        case Becomes():
            return changes_that(effect, index)
        case Record():
            return [record for record in records_of(effect.topics, index) if effect.is_so(record)]
        case Call():
            entries = index.entries.get((effect.partner, effect.route), ())
            return [entry for entry in entries if effect.is_so(entry)]


def records_of(topics: Sequence[str], index: HistoryIndex) -> list[Append]:
    """List the records of several topics, in the order of the history."""
    if len(topics) == 1:
        return index.by_topic.get(topics[0], [])
    found = [record for topic in topics for record in index.by_topic.get(topic, ())]
    found.sort(key=lambda record: record.at)
    return found


def changes_that(effect: Becomes, index: HistoryIndex) -> list[Change]:
    """List the changes by which a row becomes what `effect` says. The list is shared too."""
    return index.once(("changes", effect.identity), lambda: _changes(effect, index))


def _changes(effect: Becomes, index: HistoryIndex) -> list[Change]:
    rows, state = effect.rows, effect.is_so
    changes = index.changes_of(rows.database, rows.table)
    mine = [one for one in changes if rows.has(one)] if rows.where else changes
    match effect.on:
        case "insert":
            return [one for one in mine if one.verb == "insert" and state(one)]
        case "enters":
            return [one for one in mine if one.verb != "delete" and state(one) and not _was(one, state)]
        case "leaves":
            return [one for one in mine if _was(one, state) and (one.verb == "delete" or not state(one))]
        case "delete":
            gone = [one for one in mine if one.verb == "delete"]
            return [one for one in gone if one.before is None or state(one.before)]


def _was(change: Change, state: Holds) -> bool:
    before = change.before
    return before is not None and before.verb != "delete" and change.verb != "insert" and state(before)
