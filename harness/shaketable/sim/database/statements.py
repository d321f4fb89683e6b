"""INSERT, SELECT, UPDATE and DELETE as PostgreSQL executes them, each a generator that yields where it waits.

The visible rows come from a snapshot. Before a row is locked or written its newest version counts: READ
COMMITTED follows the row to it and tests the condition again (EvalPlanQual), the higher levels refuse.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Literal, TypeVar

from shaketable.ports import Change, Condition, Row, Scalar
from shaketable.sim.database.conditions import changed, matches
from shaketable.sim.database.lock_waits import Waits, take
from shaketable.sim.database.rows import Found, StoredRow, Version, sort_found
from shaketable.sim.database.table import StoredTable
from shaketable.sim.database.transaction_work import TransactionWork

T = TypeVar("T")
Steps = Generator[None, None, T]
Where = Sequence[Condition]
Locking = Literal["none", "update", "skip_locked", "nowait"]


def insert(
    transaction: TransactionWork, table: StoredTable, row: Mapping[str, Scalar], ignore: bool
) -> Steps[Row | None]:
    """Return the stored row; None if `ignore` and its key is taken. Raises the unique or check violation."""
    new = table.complete(row)
    table.check(new)
    if ignore and (yield from _is_taken(transaction, table, new)):
        return None
    yield from _place(transaction, table, new)
    return new.copy()


def _place(transaction: TransactionWork, table: StoredTable, new: Row) -> Waits:
    """Put a row into the table and its indexes, one after the other."""
    stored = table.place(new, transaction)
    transaction.held.append(stored)
    transaction.written.append((table, stored))
    transaction.note_insert(table)
    for number, index in enumerate(table.unique):
        key = index.key(new)
        if key in index.entries:
            yield from _free(transaction, table, number, stored, new)
        transaction.note_entry(table, number)
        index.add(key, stored)
    for index in table.indexes[len(table.unique) :]:
        index.add(index.key(new), stored)
    transaction.effects.append(["insert", table.name, new])


def select(
    transaction: TransactionWork,
    table: StoredTable,
    where: Where,
    order_by: Sequence[str],
    limit: int | None,
    locking: Locking,
) -> Steps[list[Row]]:
    """Return the rows; with a lock, each in its newest version, but sorted by what the snapshot showed."""
    found = _visible(transaction, table, where, order_by)
    if order_by and len(found) > 1:
        sort_found(found, order_by)
    if locking == "none":
        return [version.row.copy() for version, _ in found[:limit] if version.row is not None]
    rows: list[Row] = []
    for version, stored in found:
        if limit is not None and len(rows) >= limit:
            break
        # A row that moved on is refused in any case: PostgreSQL skips only a lock that it might have waited for.
        if (
            locking != "update"
            and stored.holder is not None
            and stored.holder is not transaction
            and not stored.outdates(transaction)
        ):
            if locking == "skip_locked":
                continue
            raise transaction.database.errors.lock_not_available(
                f"could not obtain the lock of a row of {table.name}"
            )
        newest = yield from _claim(transaction, stored, version, where)
        if newest is not None and newest.row is not None:
            rows.append(newest.row.copy())
    return rows


def upsert(
    transaction: TransactionWork, table: StoredTable, row: Mapping[str, Scalar], changes: Mapping[str, Change]
) -> Steps[Row]:
    """Return the stored row: `row`, or the one that has its primary key, with `changes`. Raises as `insert` and `update`.

    At READ COMMITTED a row that the snapshot does not show is changed all the same; the higher levels refuse.
    """
    new = table.complete(row)
    table.check(new)
    index = table.unique[0]
    while (obstacle := index.obstacle(index.key(new), None, transaction)) is not None:
        if (writer := obstacle.undecided_by(transaction)) is not None:
            yield from transaction.database.locks.await_end(transaction, writer, obstacle)
            continue
        newest = yield from _claim_newest(transaction, obstacle)
        if newest.row is None or index.key(newest.row) != index.key(new):
            continue  # it went away while this one waited for it
        _must_be_visible(transaction, obstacle)
        changed_row = changed(newest.row, changes)
        table.check(changed_row)
        _write(transaction, table, obstacle, changed_row)
        if not table.indexed.isdisjoint(changes):
            yield from _rekey(transaction, table, obstacle, newest.row, changed_row)
        transaction.effects.append(["update", table.name, changed_row])
        return changed_row.copy()
    yield from _place(transaction, table, new)
    return new.copy()


def update(
    transaction: TransactionWork, table: StoredTable, changes: Mapping[str, Change], where: Where
) -> Steps[int]:
    """Return how many rows changed. Raises the check or unique violation.

    The CHECK is evaluated twice when the row has changed meanwhile: PostgreSQL computes and checks the new row
    from the snapshot's version before it waits for the lock.
    """
    count = 0
    for version, stored in _visible(transaction, table, where):
        row = version.row
        assert row is not None
        new = changed(row, changes)
        table.check(new)
        if stored.newest is not version or stored.holder is not transaction:
            latest = yield from _claim(transaction, stored, version, where)
            if latest is None or latest.row is None:
                continue
            if latest is not version:
                row = latest.row
                new = changed(row, changes)
                table.check(new)
        _write(transaction, table, stored, new)
        if not table.indexed.isdisjoint(changes):
            yield from _rekey(transaction, table, stored, row, new)
        transaction.effects.append(["update", table.name, new])
        count += 1
    return count


def delete(transaction: TransactionWork, table: StoredTable, where: Where) -> Steps[int]:
    """Return how many rows were removed."""
    count = 0
    for version, stored in _visible(transaction, table, where):
        latest = yield from _claim(transaction, stored, version, where)
        if latest is not None and latest.row is not None:
            _write(transaction, table, stored, None)
            transaction.effects.append(["delete", table.name, latest.row])
            count += 1
    return count


def _visible(
    transaction: TransactionWork, table: StoredTable, where: Where, order_by: Sequence[str] = ()
) -> list[Found]:
    """Return what the snapshot shows of the rows that satisfy `where`, in the order of a scan."""
    transaction.note_read(table, where, order_by)
    snapshot = transaction.snapshot
    found = []
    for stored in table.candidates(where):
        version = stored.seen_by(transaction, snapshot)
        if version is not None and version.row is not None and matches(version.row, where):
            found.append((version, stored))
    if len(found) > 1:
        found.sort(key=_position)
    return found


def _position(found: Found) -> int:
    return found[0].place


def _claim(
    transaction: TransactionWork, stored: StoredRow, seen: Version, where: Where
) -> Steps[Version | None]:
    """Lock the row and return the version to act on, or None if it no longer satisfies `where` (the lock stays).

    A snapshot that is too old for the row is refused at once, whichever transaction holds the row.
    """
    newest = yield from _claim_newest(transaction, stored)
    if newest is seen:
        return newest
    if transaction.isolation != "read committed":
        raise transaction.database.errors.serialization_failure(
            "could not serialize access: the row changed after this transaction's snapshot"
        )
    if newest.row is None or not matches(newest.row, where):
        return None
    return newest


def _claim_newest(transaction: TransactionWork, stored: StoredRow) -> Steps[Version]:
    """Lock the row, unless it is gone or the snapshot too old for it, and return its newest version."""
    if stored.holder is None and not stored.gone:
        take(transaction, stored)
    elif stored.holder is not transaction:
        yield from transaction.database.locks.acquire(transaction, stored)
    return stored.newest


def _write(transaction: TransactionWork, table: StoredTable, stored: StoredRow, new: Row | None) -> None:
    before = stored.newest
    if before.writer is not transaction:
        transaction.written.append((table, stored))
    transaction.note_write(table, before)
    table.replace(stored, new, transaction)


def _rekey(transaction: TransactionWork, table: StoredTable, stored: StoredRow, old: Row, new: Row) -> Waits:
    """Enter the row under its new keys. With one of them new, PostgreSQL makes an entry in every index."""
    is_moved = any(index.key(new) != index.key(old) for index in table.unique)
    for number, index in enumerate(table.indexes):
        is_unique = number < len(table.unique)
        key = index.key(new)
        if key != index.key(old):
            if is_unique:
                yield from _free(transaction, table, number, stored, new)
            index.add(key, stored)
        if is_moved and is_unique:
            transaction.note_entry(table, number)


def _free(
    transaction: TransactionWork, table: StoredTable, number: int, stored: StoredRow, new: Row
) -> Waits:
    """Wait until nothing forbids the key in the unique index of this number; raises the unique violation if a live row has it."""
    index = table.unique[number]
    key = index.key(new)
    if index.has_null(key):
        return
    while (obstacle := index.obstacle(key, stored, transaction)) is not None:
        writer = obstacle.undecided_by(transaction)
        if writer is None:
            transaction.note_entry(
                table, number
            )  # so that it may be refused for what this violation would hide
            raise table.taken(index, new)
        yield from transaction.database.locks.await_end(transaction, writer, obstacle)


def _is_taken(transaction: TransactionWork, table: StoredTable, new: Row) -> Steps[bool]:
    """Tell, for ON CONFLICT DO NOTHING, whether a live row has one of the keys; waits for open writers."""
    settled = False
    while not settled:
        settled = True
        for index in table.unique:
            key = index.key(new)
            obstacle = None if index.has_null(key) else index.obstacle(key, None, transaction)
            writer = None if obstacle is None else obstacle.undecided_by(transaction)
            if obstacle is not None and writer is None:
                _must_be_visible(transaction, obstacle)
                return True
            if obstacle is not None and writer is not None:
                yield from transaction.database.locks.await_end(transaction, writer, obstacle)
                settled = False
                break
    return False


def _must_be_visible(transaction: TransactionWork, stored: StoredRow) -> None:
    """Raise the serialization failure unless the snapshot shows the newest version."""
    if transaction.isolation == "read committed":
        return
    version = stored.seen_by(transaction, transaction.snapshot)
    if version is not stored.newest:
        raise transaction.database.errors.serialization_failure(
            "could not serialize access: the conflicting row is newer than this transaction's snapshot"
        )
