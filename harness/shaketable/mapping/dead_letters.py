"""Work that was given up and waits visibly: letters about events, who gave them up, and whether an alert says so.

Several patterns ask for it: a saga that waits among the dead letters has not ended and is not stuck either.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import msgspec

from shaketable.mapping.conditions import Holds, Where, holds, never
from shaketable.mapping.happenings import Happening, by_subject, changes_that, happenings
from shaketable.mapping.history_index import Append, Change, HistoryIndex
from shaketable.mapping.roles import Becomes, Effect, Record, Value
from shaketable.mapping.value_paths import Read, compiled, text


class Letter(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """How a system files what it gave up: a row or a record about an event.

    `letter.of` is what the event concerned (an order), `about` the event's own id, `consumer` who gave it up (without one
    a letter is of any group that took the event). A row that
    agrees with `closed`, or is deleted, is done with; one that agrees with neither `closed` nor `waiting` (if that is
    given) was left half-way. `alert.of` is the id of the event that it speaks about.
    """

    letter: Becomes | Record
    about: Value
    consumer: Value = ""
    cause: Value = ""
    closed: Where = {}
    waiting: Where = {}
    alert: Effect | None = None

    @cached_property
    def identity(self) -> str:
        """Return a text that declarations which say the same have in common."""
        return repr(self)

    @cached_property
    def reads(self) -> tuple[Read, Read, Read]:
        """Read the event's id, who gave it up, and why."""
        return compiled(self.about), compiled(self.consumer), compiled(self.cause)

    @cached_property
    def is_closed(self) -> Holds:
        """Tell whether a row is done with."""
        return holds(self.closed) if self.closed else never

    @cached_property
    def is_waiting(self) -> Holds:
        """Tell whether a row waits."""
        return holds(self.waiting)


class Filed(msgspec.Struct, frozen=True, gc=False):
    """A letter as it was filed. `closed_at` is -1 while it is open; `alert_at` -1 when no alert was given."""

    at: int
    about: str
    consumer: str
    of: str
    cause: str
    alert_at: int
    alertable: bool
    """Whether the mapping says what an alert is: if not, none is missed."""
    explained: bool
    """Whether the mapping says where its cause stands: if not, none is missed."""
    changes: tuple[Change, ...]
    """The changes of its row since; empty for a record."""
    open: bool
    halfway: bool
    what: Change | Append

    @property
    def visible(self) -> bool:
        """Whether it waits, and an alert says so where alerts are declared."""
        return self.open and (self.alert_at >= 0 or not self.alertable)


class Letters:
    """All letters by event and consumer: a row knows more of its fate than a record about the same."""

    __slots__ = ("_about", "every", "filed", "of")

    def __init__(self) -> None:
        self.every: list[Filed] = []
        """Each letter as it was filed, the several about one event too."""
        self.filed: dict[tuple[str, str], Filed] = {}
        self._about: dict[str, Filed] = {}
        self.of: dict[str, list[Filed]] = {}

    def add(self, letter: Filed) -> None:
        """File a letter, unless one about the same event by the same consumer is known."""
        self.every.append(letter)
        key = (letter.about, letter.consumer)
        if key not in self.filed:
            self.filed[key] = letter
            self._about.setdefault(letter.about, letter)
            self.of.setdefault(letter.of, []).append(letter)

    def waits(self, of: str) -> bool:
        """Tell whether something about `of` waits visibly."""
        return any(letter.visible for letter in self.of.get(of, ()))

    def about(self, event: str, consumer: str | None = None) -> Filed | None:
        """Return the letter about an event, of this consumer or of any; None if there is none."""
        if consumer is None:
            return self._about.get(event)
        return self.filed.get((event, consumer)) or self.filed.get((event, ""))


def read_letters(declared: tuple[Letter, ...], index: HistoryIndex) -> Letters:
    """Read every letter that was filed in a run. Rows come before records, whatever their order in `declared`.

    The letters are shared by all who ask for the same.
    """
    return index.once(("letters", *(one.identity for one in declared)), lambda: _read(declared, index))


def _read(declared: tuple[Letter, ...], index: HistoryIndex) -> Letters:
    letters = Letters()
    for one in sorted(declared, key=lambda one: isinstance(one.letter, Record)):
        alerts = {} if one.alert is None else by_subject(one.alert, index)
        if isinstance(one.letter, Becomes):
            for changes in _rows(one.letter, index):
                letters.add(_filed(one, alerts, *changes))
        else:
            for happening in happenings(one.letter, index):
                assert isinstance(happening.what, Append)
                letters.add(_filed(one, alerts, happening.what))
    return letters


def _rows(becomes: Becomes, index: HistoryIndex) -> Iterable[list[Change]]:
    """Return the changes of each row since it was filed."""
    rows: dict[int, list[Change]] = {change.number: [change] for change in changes_that(becomes, index)}
    if not rows:
        return ()
    first_of = {number: number for number in rows}
    for change in index.changes_of(becomes.rows.database, becomes.rows.table):
        before = change.before
        if change.number not in rows and before is not None and before.number in first_of:
            root = first_of[change.number] = first_of[before.number]
            rows[root].append(change)
    return rows.values()


def _filed(
    declared: Letter, alerts: dict[str, list[Happening]], what: Change | Append, *since: Change
) -> Filed:
    about, consumer, cause = declared.reads
    event = text(about(what))
    alerted = alerts.get(event)
    now = since[-1] if since else what
    is_open = not isinstance(now, Change) or (now.verb != "delete" and not declared.is_closed(now))
    return Filed(
        what.at,
        event,
        text(consumer(what)),
        text(declared.letter.read_of(what)),
        text(cause(what)),
        alerted[0].at if alerted else -1,
        declared.alert is not None,
        bool(declared.cause),
        since,
        is_open,
        is_open and isinstance(now, Change) and not declared.is_waiting(now),
        what,
    )
