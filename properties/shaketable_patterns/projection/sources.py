"""What the command side has committed, row by row: the truth that a view is compared with, never the topic that it read."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from shaketable.checkers.conservation import Quantity
from shaketable.mapping.conditions import holds
from shaketable.mapping.exact_readers import instants_ms, quantities
from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.roles import Rows
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.projection.roles import Counted, Total


def rows_of(rows: Rows, index: HistoryIndex) -> list[list[Change]]:
    """Return each row of a table as its changes in order, those that were there before the run first."""
    return index.once(("projection rows", repr(rows)), lambda: _rows_of(rows, index))


def _rows_of(rows: Rows, index: HistoryIndex) -> list[list[Change]]:
    found: list[list[Change]] = []
    place: dict[int, int] = {}
    initial = index.initial.get((rows.database, rows.table), [])
    for change in (*initial, *index.changes_of(rows.database, rows.table)):
        before = change.before
        if before is not None and before.number in place and before.verb != "delete":
            place[change.number] = place[before.number]
            found[place[change.number]].append(change)
        else:
            place[change.number] = len(found)
            found.append([change])
    return [one for one in found if any(rows.has(change) for change in one)]


class Part(msgspec.Struct, frozen=True, gc=False):
    """What one row adds to a total, since the change at `at` (-1: from the beginning)."""

    at: int
    amount: Quantity
    when_ms: int | None


class Row:
    """One row that counts, as the parts that it added in turn. It belongs to one `of`."""

    __slots__ = ("ats", "parts")

    def __init__(self) -> None:
        self.parts: list[Part] = [Part(-1, 0, None)]
        self.ats: list[int] = [-1]

    def add(self, part: Part) -> None:
        """Go on with another part."""
        if self.parts[-1].at == part.at:
            self.parts[-1] = part
        else:
            self.parts.append(part)
            self.ats.append(part.at)

    def place(self, at: int) -> int:
        """Return the place of the part that was so once the event at this index had happened."""
        return bisect_right(self.ats, at) - 1


class TotalFacts:
    """The rows that count for a total, by what it is of."""

    __slots__ = ("of", "role")

    def __init__(self, role: Total, index: HistoryIndex) -> None:
        self.role = role
        self.of: dict[str, list[Row]] = {}
        for sign, counted in ((1, role.counts), (-1, role.less)):
            for one in counted:
                self._read(one, sign, index)

    def _read(self, counted: Counted, sign: int, index: HistoryIndex) -> None:
        said = f"what counts of {counted.rows.database}.{counted.rows.table}"
        amount = quantities(counted.amount, f"amount of {said}")
        when = instants_ms(counted.when, f"when of {said}") if counted.when else None
        state, read_of = holds(counted.where), compiled(counted.of)
        for changes in rows_of(counted.rows, index):
            rows: dict[str, Row] = {}
            for change in changes:
                counts = change.verb != "delete" and counted.rows.has(change) and state(change)
                of = text(read_of(change))
                at = -1 if change.commit < 0 else change.at
                for other, row in rows.items():
                    if other != of or not counts:
                        row.add(Part(at, 0, None))
                if counts:
                    row = rows.setdefault(of, Row())
                    row.add(Part(at, sign * amount(change), None if when is None else when(change)))
            for of, row in rows.items():
                self.of.setdefault(of, []).append(row)

    def at(self, of: str, at: int) -> Quantity:
        """Return the total once the event at this index had happened."""
        return sum((row.parts[row.place(at)].amount for row in self.of.get(of, ())), 0)

    def bounds(self, of: str, at: int, since: int = -1, window: Window | None = None) -> Bounds:
        """Return the least and the most that a view may say that is at some state from `since` on, row by row."""
        least: Quantity = 0
        most: Quantity = 0
        for row in self.of.get(of, ()):
            amounts = [
                amount
                for part in row.parts[max(row.place(since), 0) : row.place(at) + 1]
                for amount in _amounts(part, window)
            ]
            least += min(amounts)
            most += max(amounts)
        return Bounds(least, most)

    def states(self, of: str, since: int, at: int) -> set[Quantity]:
        """Return every total that there was from one event to another."""
        ats = {since, *(a for row in self.of.get(of, ()) for a in row.ats if since < a <= at)}
        return {self.at(of, one) for one in ats}


class Bounds(msgspec.Struct, frozen=True):
    """The least and the most."""

    least: Quantity
    most: Quantity

    def has(self, value: Quantity) -> bool:
        """Tell whether a value lies within."""
        return self.least <= value <= self.most


class Window(msgspec.Struct, frozen=True):
    """What counts lies after `begin_ms` and not after `end_ms`.

    Within `grain_ms` of the beginning it may be taken either way, and what is later than the end, which clocks that differ may say, too.
    """

    begin_ms: int
    end_ms: int
    grain_ms: int

    def amounts(self, part: Part) -> tuple[Quantity, ...]:
        """Return what a part may count."""
        if part.when_ms is None or not part.amount:
            return (part.amount,)
        if self.begin_ms + self.grain_ms < part.when_ms <= self.end_ms:
            return (part.amount,)
        return (0,) if part.when_ms <= self.begin_ms - self.grain_ms else (0, part.amount)


def _amounts(part: Part, window: Window | None) -> tuple[Quantity, ...]:
    return (part.amount,) if window is None else window.amounts(part)
