"""Waiting: row locks first come first served, ends of transactions, and cycles refused.

A transaction waits for at most one thing, so the wait-for graph is a set of chains and a cycle shows by
following one. PostgreSQL looks only after `deadlock_timeout` and may then pick another member of the cycle;
here the transaction whose wait closes it is the victim, at once. PostgreSQL wakes everybody who waited for a
transaction at once and lets them race; here they go on in the order in which they began to wait.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from harness.sim.database.rows import StoredRow

if TYPE_CHECKING:
    from harness.sim.database.transaction import OpenTransaction

Waits = Generator[None, None, None]


def lock(transaction: OpenTransaction, stored: StoredRow) -> Waits:
    """Until the row is ours, or gone. Raises the deadlock error."""
    while stored.holder is not transaction and not stored.gone:
        holder = stored.holder
        if holder is None:
            take(transaction, stored)
            return
        _refuse_cycle(transaction, holder)
        stored.queue.append(transaction)
        transaction.waits_for = stored
        yield


def end_of(transaction: OpenTransaction, other: OpenTransaction) -> Waits:
    """Until `other` committed or rolled back. Raises the deadlock error."""
    _refuse_cycle(transaction, other)
    other.watchers.append(transaction)
    transaction.waits_for = other
    yield


def take(transaction: OpenTransaction, stored: StoredRow) -> None:
    """Lock a row that nobody holds."""
    stored.holder = transaction
    transaction.held.append(stored)


def release(transaction: OpenTransaction) -> list[OpenTransaction]:
    """Give up every row of an ended transaction; who may go on, longest waiting first.

    A waiter is handed the lock before it looks at the row again, and keeps it even if the row no longer
    satisfies its condition: so does PostgreSQL.
    """
    awake = transaction.watchers
    transaction.watchers = []
    for stored in transaction.held:
        stored.holder = None
        if stored.queue:
            if stored.gone:
                awake += stored.queue
                stored.queue = []
            else:
                first = stored.queue.pop(0)
                take(first, stored)
                awake.append(first)
    transaction.held = []
    for waiter in awake:
        waiter.waits_for = None
    if len(awake) > 1:
        awake.sort(key=_since)
    return awake


def withdraw(transaction: OpenTransaction) -> None:
    """Stop waiting: leave the queue without having got the lock."""
    target = transaction.waits_for
    transaction.waits_for = None
    if isinstance(target, StoredRow):
        target.queue.remove(transaction)
    elif target is not None:
        target.watchers.remove(transaction)


def _since(transaction: OpenTransaction) -> int:
    return transaction.waiting_since


def _refuse_cycle(transaction: OpenTransaction, other: OpenTransaction) -> None:
    blocker: OpenTransaction | None = other
    while blocker is not None:
        if blocker is transaction:
            raise transaction.database.errors.deadlock(
                f"deadlock: {transaction.owner} and {other.owner} wait for each other"
            )
        target = blocker.waits_for
        blocker = target.holder if isinstance(target, StoredRow) else target
