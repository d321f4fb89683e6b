"""Situations that every system with concurrent transactions meets sooner or later, as scripts, and what comes of them.

They are of the kinds that PostgreSQL's own isolation tests are of: deadlocks, NOWAIT and SKIP LOCKED, conflicts of
inserts, rows that changed while a statement waited for them, anomalies of snapshots, and savepoints.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from tests.conformance.scripts import (
    Commit,
    Delete,
    Insert,
    Release,
    Rollback,
    RollbackTo,
    Savepoint,
    Script,
    Select,
    Statement,
    Step,
    Update,
    Upsert,
    Value,
    Where,
)

RC, RR, SER = "read committed", "repeatable read", "serializable"
REFUSED, DEADLOCK, BUSY = "SerializationFailure", "DeadlockDetected", "LockNotAvailable"


class Situation(NamedTuple):
    """A script and what it is about: which errors it must end in, how often one waits, and the rows at the end."""

    name: str
    script: Script
    errors: Counter[str]
    waits: int
    stocks: dict[int, int]
    """The items at the end, by id; of a table of three, whose stock is their id at first."""


def one(number: int) -> Where:
    """Return the condition on one item."""
    return (("id", "=", number),)


def look(where: Where = (), lock: str = "none", limit: int | None = None) -> Select:
    """Return a question for items, in the order of their ids."""
    return Select("items", where, ("id",), limit, lock)


def add(number: int, amount: int = 1, where: Where = ()) -> Update:
    """Return a change of one item's stock by some."""
    return Update("items", {"stock": ("+", amount)}, (*one(number), *where))


def put(number: int, stock: int = 0, code: Value = None, *, ignore: bool = False) -> Insert:
    """Return an insert of an item."""
    return Insert("items", {"id": number, "code": code, "stock": stock}, ignore)


def put_or_add(number: int) -> Upsert:
    """Return an insert of an item, or one more in stock if it is there."""
    return Upsert("items", {"id": number, "code": None, "stock": 0}, {"stock": ("+", 1)})


def situation(
    name: str,
    levels: str | tuple[str, ...],
    *steps: tuple[int, Statement],
    errors: tuple[str, ...] = (),
    waits: int = 0,
    **stocks: int,
) -> Situation:
    """Return the situation in which the clients take these steps; the rest of the stocks (`_3=5`) is as at first."""
    given = (levels,) * 3 if isinstance(levels, str) else levels
    ends = {0: 0, 1: 1, 2: 2} | {int(key[1:]): stock for key, stock in stocks.items()}
    script = Script(given, tuple(Step(client, statement) for client, statement in steps))
    return Situation(name, script, Counter(errors), waits, {n: s for n, s in ends.items() if s >= 0})


A, B, C = 0, 1, 2
END = Commit()
GONE = -1

DEADLOCKS = (
    situation(
        "two change the same two rows the other way round",
        RC,
        (A, add(0)),
        (B, add(1)),
        (A, add(1)),
        (B, add(0)),
        (A, END),
        (B, END),
        errors=(DEADLOCK,),
        waits=1,
        _0=1,
        _1=2,
    ),
    situation(
        "three wait in a circle",
        RC,
        (A, look(one(0), "update")),
        (B, look(one(1), "update")),
        (C, look(one(2), "update")),
        (A, look(one(1), "update")),
        (B, look(one(2), "update")),
        (C, look(one(0), "update")),
        errors=(DEADLOCK,),
        waits=2,
    ),
    situation(
        "two insert the same two keys the other way round",
        RR,
        (A, put(5)),
        (B, put(6)),
        (A, put(6)),
        (B, put(5)),
        (A, END),
        (B, END),
        (A, END),
        errors=(DEADLOCK,),
        waits=1,
        _5=0,
        _6=0,
    ),
    situation(
        "one waits for a row and the other for a key",
        RC,
        (A, put(5)),
        (B, add(1)),
        (A, add(1)),
        (B, put(5, ignore=True)),
        (A, Rollback()),
        (B, Rollback()),
        errors=(DEADLOCK,),
        waits=1,
    ),
)

LOCKS = (
    situation(
        "without waiting a locked row is an error, and its transaction over",
        RC,
        (A, look(one(1), "update")),
        (B, look(one(0), "nowait")),
        (B, look(one(1), "nowait")),
        (B, look(one(0))),
        (C, look(one(0), "nowait")),
        errors=(BUSY, "TransactionAborted"),
    ),
    situation(
        "without waiting a row that is being changed is as busy as a locked one",
        RR,
        (A, add(1)),
        (B, look(one(1), "nowait")),
        errors=(BUSY,),
    ),
    situation(
        "a row that changed since the snapshot is refused whatever is done about its lock",
        RR,
        (A, look()),
        (B, look()),
        (C, add(1)),
        (C, END),
        (C, look(one(1), "update")),
        (A, look(one(1), "nowait")),
        (B, look(one(1), "skip_locked")),
        errors=(REFUSED, REFUSED),
        _1=2,
    ),
    situation(
        "workers take the next free row each",
        RC,
        (A, look((), "skip_locked", 1)),
        (B, look((), "skip_locked", 1)),
        (C, look((), "skip_locked")),
        (A, Delete("items", one(0))),
        (A, END),
        (B, look((), "skip_locked")),
        _0=GONE,
    ),
    situation(
        "a row that is being deleted is left out, and there again once that is taken back",
        RC,
        (A, Delete("items", one(1))),
        (B, look((), "skip_locked")),
        (A, Rollback()),
        (B, look((), "skip_locked")),
    ),
    situation(
        "a lock is handed on to one after the other",
        RC,
        (A, look(one(1), "update")),
        (B, add(1)),
        (C, add(1)),
        (A, END),
        (B, END),
        (C, END),
        (B, END),
        waits=2,
        _1=3,
    ),
)

CONFLICTS = (
    situation(
        "an insert that is to be ignored waits until it knows",
        RC,
        (A, put(5, 1)),
        (B, put(5, 2, ignore=True)),
        (A, END),
        (B, END),
        waits=1,
        _5=1,
    ),
    situation(
        "an insert that is to be ignored goes on when the other one is taken back",
        RR,
        (A, put(5, 1)),
        (B, put(5, 2, ignore=True)),
        (A, Rollback()),
        (B, END),
        waits=1,
        _5=2,
    ),
    situation(
        "what is ignored must be in the snapshot",
        RR,
        (B, look()),
        (A, put(5, 1)),
        (B, put(5, 2, ignore=True)),
        (A, END),
        errors=(REFUSED,),
        waits=1,
        _5=1,
    ),
    situation(
        "one may ignore what one has inserted oneself",
        SER,
        (A, put(5, 1)),
        (A, put(5, 2, ignore=True)),
        (A, END),
        _5=1,
    ),
    situation(
        "an update in the stead of an insert finds a row that its snapshot does not show",
        RC,
        (A, put(5, 1)),
        (B, put_or_add(5)),
        (A, END),
        (B, END),
        waits=1,
        _5=2,
    ),
    situation(
        "an update in the stead of an insert waits for the row, and inserts when it is gone",
        RC,
        (A, Delete("items", one(1))),
        (B, put_or_add(1)),
        (A, END),
        (B, END),
        waits=1,
        _1=0,
    ),
    situation(
        "an update in the stead of an insert is refused where the row is newer than the snapshot",
        RR,
        (B, look()),
        (C, look()),
        (A, add(1)),
        (B, put_or_add(1)),
        (A, END),
        (C, put_or_add(1)),
        errors=(REFUSED, REFUSED),
        waits=1,
        _1=2,
    ),
    situation(
        "two insert or update the same key, one after the other",
        RC,
        (A, put_or_add(5)),
        (B, put_or_add(5)),
        (C, put_or_add(5)),
        (A, END),
        (B, END),
        (C, END),
        (B, END),
        waits=2,
        _5=2,
    ),
    situation(
        "the key of another column is taken, which nothing excuses",
        RC,
        (A, put_or_add(1)),
        (B, Upsert("items", {"id": 5, "code": 10, "stock": 0}, {"stock": 3})),
        (A, END),
        errors=("UniqueViolation",),
        waits=1,
        _1=2,
    ),
)

CHANGED_MEANWHILE = (
    situation(
        "what was waited for fulfils the condition no more",
        RC,
        (A, add(1)),
        (B, add(1, 1, (("stock", "=", 1),))),
        (A, END),
        (B, END),
        waits=1,
        _1=2,
    ),
    situation(
        "what was waited for is counted from its newest state",
        RC,
        (A, add(1, 5)),
        (B, add(1, 1, (("stock", ">", 0),))),
        (A, END),
        (B, END),
        waits=1,
        _1=7,
    ),
    situation(
        "what comes to fulfil the condition while it waits is not found",
        RC,
        (A, Update("items", {"stock": 9}, (("id", "in", (0, 1)),))),
        (B, Update("items", {"stock": 5}, (("stock", ">=", 1),))),
        (A, END),
        (B, END),
        waits=1,
        _0=9,
        _1=5,
        _2=5,
    ),
    situation(
        "a row whose key was changed is followed",
        RC,
        (A, Update("items", {"id": 7}, one(1))),
        (B, Update("items", {"stock": 5}, (("stock", "=", 1),))),
        (A, END),
        (B, END),
        waits=1,
        _1=GONE,
        _7=5,
    ),
    situation(
        "a row that was deleted and inserted again is another one",
        RC,
        (A, Delete("items", one(1))),
        (A, put(1, 8)),
        (B, add(1)),
        (A, END),
        (B, add(1)),
        (B, END),
        waits=1,
        _1=9,
    ),
    situation(
        "what is locked is shown in its newest state, in the order of the old one",
        RC,
        (A, Update("items", {"stock": 9}, one(0))),
        (B, Select("items", (), ("stock",), None, "update")),
        (A, END),
        waits=1,
        _0=9,
    ),
    situation(
        "the higher levels refuse what changed, and go on with what was taken back",
        (RC, RR, SER),
        (B, look()),
        (C, look()),
        (A, add(1)),
        (B, add(1)),
        (A, END),
        (A, add(2)),
        (C, add(2)),
        (A, Rollback()),
        (C, END),
        errors=(REFUSED,),
        waits=2,
        _1=2,
        _2=3,
    ),
)


def _skew(level: str, *errors: str, **stocks: int) -> Situation:
    return situation(
        f"{level}: each of two reads what the other one changes",
        level,
        (A, look(one(0))),
        (B, look(one(1))),
        (A, add(1)),
        (B, add(0)),
        (A, END),
        (B, END),
        errors=errors,
        **stocks,
    )


def _report(level: str, *errors: str, **stocks: int) -> Situation:
    """A receipt joins the batch of the day after the report of that day was made: `places` has the day."""
    day = Select("places", (("shelf", "=", 0), ("box", "=", "a")), ("box", "-shelf"))
    return situation(
        f"{level}: a report on a closed day is followed by a receipt of that day",
        level,
        (A, day),
        (B, Update("places", {"size": ("+", 1)}, (("shelf", "=", 0), ("box", "=", "a")))),
        (B, END),
        (C, day),
        (C, look((("stock", "=", 1),))),
        (C, END),
        (A, put(5, 1)),
        (A, END),
        errors=errors,
        **stocks,
    )


def _circle(level: str, *errors: str, **stocks: int) -> Situation:
    return situation(
        f"{level}: each of three reads what the next one changes",
        level,
        (A, look(one(0))),
        (B, look(one(1))),
        (C, look(one(2))),
        (A, add(2)),
        (B, add(0)),
        (C, add(1)),
        (A, END),
        (B, END),
        (C, END),
        errors=errors,
        **stocks,
    )


def _only_reads(level: str, *errors: str, **stocks: int) -> Situation:
    """Two accounts: one is paid into, a fee is taken off the other for what is too little; the third only looks."""
    return situation(
        f"{level}: one that only reads sees what no order of the others explains",
        level,
        (A, look(one(0))),
        (A, look(one(1))),
        (B, add(1, 20)),
        (B, END),
        (C, look((("id", "in", (0, 1)),))),
        (C, END),
        (A, add(0, 5)),
        (A, END),
        errors=errors,
        **stocks,
    )


ANOMALIES = (
    _skew(RR, _0=1, _1=2),
    _skew(SER, REFUSED, _1=2),
    _report(RR, _5=1),
    _report(SER, REFUSED),
    _circle(RR, _0=1, _1=2, _2=3),
    _circle(SER, REFUSED, _0=1, _2=3),
    _only_reads(RR, _0=5, _1=21),
    _only_reads(SER, REFUSED, _1=21),
    situation(
        "a phantom makes a count wrong, and is refused",
        SER,
        (A, look((("stock", ">=", 2),))),
        (B, look((("stock", ">=", 2),))),
        (A, put(5, 2)),
        (B, put(6, 2)),
        (A, END),
        (B, END),
        errors=(REFUSED,),
        _5=2,
    ),
    situation(
        "at mixed levels only those of the highest are held to an order",
        (SER, RR, SER),
        (A, look(one(0))),
        (B, look(one(1))),
        (A, add(1)),
        (B, add(0)),
        (A, END),
        (B, END),
        _0=1,
        _1=2,
    ),
)

SAVEPOINTS = (
    situation(
        "what a savepoint takes back is not waited for any more",
        RC,
        (A, add(0)),
        (A, Savepoint("s")),
        (A, add(1)),
        (B, add(1, 5)),
        (A, RollbackTo("s")),
        (B, END),
        (A, END),
        waits=1,
        _0=1,
        _1=6,
    ),
    situation(
        "a lock from before the savepoint stays",
        RR,
        (A, look(one(1), "update")),
        (A, Savepoint("s")),
        (A, add(1)),
        (B, add(1, 5)),
        (A, RollbackTo("s")),
        (A, END),
        (B, END),
        waits=1,
        _1=6,
    ),
    situation(
        "a row that was changed before and after a savepoint has its first change",
        RC,
        (A, add(1)),
        (A, Savepoint("s")),
        (A, add(1, 5)),
        (A, Delete("items", one(2))),
        (A, RollbackTo("s")),
        (A, look()),
        (A, END),
        _1=2,
    ),
    situation(
        "a key that a savepoint gives back is free for one that waits",
        RC,
        (A, Savepoint("s")),
        (A, put(5, 1)),
        (B, put(5, 2)),
        (A, RollbackTo("s")),
        (A, put(5, 3)),
        (B, END),
        (A, END),
        errors=("UniqueViolation",),
        waits=2,
        _5=2,
    ),
    situation(
        "a key behind a savepoint that was released is waited for until the end, though it is given back before",
        RC,
        (A, Savepoint("r")),
        (A, Savepoint("s")),
        (A, put(5, 1)),
        (A, Release("s")),
        (B, put(5, 2)),
        (A, RollbackTo("r")),
        (B, END),
        (A, put(5, 3)),
        (A, END),
        errors=("UniqueViolation",),
        waits=1,
        _5=3,
    ),
    situation(
        "who waits for a key when its savepoint is released waits for the end, too",
        RC,
        (A, Savepoint("r")),
        (A, Savepoint("s")),
        (A, put(5, 1)),
        (B, put(5, 2)),
        (A, Release("s")),
        (A, RollbackTo("r")),
        (A, END),
        (B, END),
        waits=1,
        _5=2,
    ),
    situation(
        "a failure is taken back with the savepoint, what came before it is kept",
        RC,
        (A, add(0)),
        (A, Savepoint("s")),
        (A, put(1)),
        (A, look()),
        (A, RollbackTo("s")),
        (A, look()),
        (A, END),
        errors=("UniqueViolation", "TransactionAborted"),
        _0=1,
    ),
    situation(
        "a savepoint is a way out of a lock that is not to be had",
        RC,
        (A, look(one(1), "update")),
        (B, add(0)),
        (B, Savepoint("s")),
        (B, look(one(1), "nowait")),
        (B, RollbackTo("s")),
        (B, add(2)),
        (B, END),
        errors=(BUSY,),
        _0=1,
        _2=3,
    ),
    situation(
        "a savepoint is no way out of an old snapshot",
        RR,
        (A, look()),
        (B, add(1)),
        (B, END),
        (A, Savepoint("s")),
        (A, add(1)),
        (A, RollbackTo("s")),
        (A, add(1)),
        errors=(REFUSED, REFUSED),
        _1=2,
    ),
)

ALL = (*DEADLOCKS, *LOCKS, *CONFLICTS, *CHANGED_MEANWHILE, *ANOMALIES, *SAVEPOINTS)
