"""The roles of a read model: what it is made of, how it says the same, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shaketable.mapping.conditions import Where
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.roles import Record, Role, Rows, Value


class Projection(Role, frozen=True, kw_only=True, tag="projection"):
    """Rows of a view that say what rows of the command side say, one for one.

    `of` tells which row of `source` one of `view` is about (`view_of`), and `same` holds what both must say: value of the source to
    value of the view. Only source rows in the state `shown` have to be there. A view that is built again beside the old one has
    a `scope` (a generation): only rows of the one that is live count (`Rebuild`).

    `record` are the events by which the source is announced, whose `record_version` grows with each change of a row; `version` is the
    one that the view's row is of. By them it is known which records are in the view.
    """

    source: Rows
    of: Value
    view: Rows
    view_of: Value
    same: Mapping[Value, Value]
    shown: Where = {}
    scope: Value = ""
    record: Record | None = None
    record_version: Value = ""
    version: Value = ""


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of the command side that count while they are in the state `where`: each `amount` (1 without one) for `of`.

    `when` is the time at which one counts, for totals of a window: not that of its arrival.
    """

    rows: Rows
    of: Value
    amount: Value = "=1"
    where: Where = {}
    when: Value = ""


class Total(Role, frozen=True, kw_only=True, tag="total"):
    """A sum by user, or whatever `of` is: what `counts` is added, what `less` is taken away.

    `view` are the rows that hold it, several for one `view_of` are added up (`amount`); without any it is only asked for.
    """

    counts: tuple[Counted, ...]
    less: tuple[Counted, ...] = ()
    view: Rows | None = None
    view_of: Value = ""
    amount: Value = ""
    scope: Value = ""


class Question(Role, frozen=True, kw_only=True, tag="question"):
    """An op that asks for the total named `total`: of what, and where its answer says how much.

    One that is `strong` is never stale. With a `window_ms` only what counted within that time before `as_of` is asked for, which
    is where the answer says what its clock was.
    """

    op: str
    of: Value
    total: str
    says: Value
    strong: bool = False
    window_ms: int = 0
    as_of: Value = ""


class Position(Role, frozen=True, kw_only=True, tag="position"):
    """Rows that say how far a view has come: `next` is the offset of the first record of a partition that is not in it yet."""

    rows: Rows
    topic: Value
    partition: Value
    next: Value
    scope: Value = ""


class Rebuild(Role, frozen=True, kw_only=True, tag="rebuild"):
    """The op that has the view built again from the first event on.

    Where it is built beside the old one, `rows` are its generations: `scope` names one, one is in the state `live`, and those in the
    state `building` are not done.
    """

    op: str
    rows: Rows | None = None
    scope: Value = ""
    live: Where = {}
    building: Where = {}


class Poison(Role, frozen=True, kw_only=True, tag="poison"):
    """Records that nothing can read, and the letters by which they are kept (`letter.about` is the `id` of the record)."""

    record: Record
    letters: tuple[Letter, ...] = ()
