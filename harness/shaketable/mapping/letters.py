"""Work that was given up and waits visibly: letters about events, who gave them up, and whether an alert says so.

Several patterns ask for it: a saga that waits among the dead letters has not ended and is not stuck either.
"""

from __future__ import annotations

import msgspec

from shaketable.mapping.happenings import changes_that, happenings, records_of
from shaketable.mapping.roles import Becomes, Effect, Record, Value
from shaketable.mapping.values import compiled, text
from shaketable.mapping.views import Append, Change, Views
from shaketable.mapping.where import Where, holds


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a system files what it gave up: a row or a record about an event.

    `letter.of` is what the event concerned (an order), `about` the event's own id, `consumer` who gave it up. A row that
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

    __slots__ = ("every", "filed", "of")

    def __init__(self) -> None:
        self.every: list[Filed] = []
        """Each letter as it was filed, the several about one event too."""
        self.filed: dict[tuple[str, str], Filed] = {}
        self.of: dict[str, list[Filed]] = {}

    def add(self, letter: Filed) -> None:
        """File a letter, unless one about the same event by the same consumer is known."""
        self.every.append(letter)
        key = (letter.about, letter.consumer)
        if key not in self.filed:
            self.filed[key] = letter
            self.of.setdefault(letter.of, []).append(letter)

    def waits(self, of: str) -> bool:
        """Tell whether something about `of` waits visibly."""
        return any(letter.visible for letter in self.of.get(of, ()))

    def about(self, event: str, consumer: str | None = None) -> Filed | None:
        """Return the letter about an event, of this consumer or of any; None if there is none."""
        if consumer is not None:
            return self.filed.get((event, consumer))
        return next((letter for (about, _), letter in self.filed.items() if about == event), None)


def read_letters(declared: tuple[Letter, ...], views: Views) -> Letters:
    """Read every letter that was filed in a run. Rows come before records, whatever their order in `declared`."""
    letters = Letters()
    for one in sorted(declared, key=lambda one: isinstance(one.letter, Record)):
        alerts: dict[str, int] = {}
        if one.alert is not None:
            for alert in happenings(one.alert, views):
                alerts.setdefault(alert.of, alert.at)
        for letter in (
            _rows(one, alerts, views) if isinstance(one.letter, Becomes) else _records(one, alerts, views)
        ):
            letters.add(letter)
    return letters


def _rows(declared: Letter, alerts: dict[str, int], views: Views) -> list[Filed]:
    becomes = declared.letter
    assert isinstance(becomes, Becomes)
    closed = holds(declared.closed) if declared.closed else lambda _: False
    waiting = holds(declared.waiting)
    rows: dict[int, list[Change]] = {change.number: [change] for change in changes_that(becomes, views)}
    first_of = {number: number for number in rows}
    for change in views.changes_of(becomes.rows.database, becomes.rows.table):
        before = change.before
        if change.number not in rows and before is not None and before.number in first_of:
            root = first_of[change.number] = first_of[before.number]
            rows[root].append(change)
    found = []
    of, about, consumer, cause = (
        compiled(path) for path in (becomes.of, declared.about, declared.consumer, declared.cause)
    )
    for changes in rows.values():
        first, now = changes[0], changes[-1]
        event = text(about(first.source))
        found.append(
            Filed(
                first.at,
                event,
                text(consumer(first.source)),
                text(of(first.source)),
                text(cause(first.source)),
                alerts.get(event, -1),
                declared.alert is not None,
                tuple(changes[1:]),
                now.verb != "delete" and not closed(now.source),
                now.verb != "delete" and not closed(now.source) and not waiting(now.source),
                first,
            )
        )
    return found


def _records(declared: Letter, alerts: dict[str, int], views: Views) -> list[Filed]:
    record = declared.letter
    assert isinstance(record, Record)
    wanted = holds(record.where)
    of, about, consumer, cause = (
        compiled(path) for path in (record.of, declared.about, declared.consumer, declared.cause)
    )
    found = []
    for one in records_of(record.topics, views):
        source = one.source
        if wanted(source):
            event = text(about(source))
            found.append(
                Filed(
                    one.at,
                    event,
                    text(consumer(source)),
                    text(of(source)),
                    text(cause(source)),
                    alerts.get(event, -1),
                    declared.alert is not None,
                    (),
                    True,
                    False,
                    one,
                )
            )
    return found
