"""Waiting: row locks first come first served, ends of transactions, and cycles refused.

A transaction waits for at most one thing, so the wait-for graph is a set of chains and a cycle shows by
following one. PostgreSQL looks only after `deadlock_timeout` and may then pick another member of the cycle;
here the transaction whose wait closes it is the victim, at once. PostgreSQL wakes everybody who waited for a
transaction at once and lets them race; here they go on in the order in which they began to wait. Both choices are
open to a world or a test that wants the others: `LogicalDatabase.victim` and `LogicalDatabase.who_first`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Generator
from typing import TYPE_CHECKING

from shaketable.sim.database.rows import StoredRow

if TYPE_CHECKING:
    from shaketable.sim.database.transaction import OpenTransaction

Waits = Generator[None, None, None]
Choice = Callable[[int], int]
"""Of so many transactions, which one, as an index."""


def lock(transaction: OpenTransaction, stored: StoredRow) -> Waits:
    """Until the row is ours, gone, or too new for our snapshot. Raises the deadlock error."""
    was_woken = False
    while stored.holder is not transaction and not stored.gone and not stored.outdates(transaction):
        holder = stored.holder
        if holder is None:
            take(transaction, stored)
            return
        if _breaks_cycle(transaction, holder):
            continue
        if was_woken:
            stored.queue.insert(0, transaction)  # another that was woken in the same instant came first
        else:
            stored.queue.append(transaction)
        transaction.waits_for = stored
        yield
        was_woken = True


def end_of(transaction: OpenTransaction, other: OpenTransaction) -> Waits:
    """Until `other` committed or rolled back. Raises the deadlock error."""
    if _breaks_cycle(transaction, other):
        return
    other.watchers.append(transaction)
    transaction.waits_for = other
    yield


def take(transaction: OpenTransaction, stored: StoredRow) -> None:
    """Lock a row that nobody holds."""
    stored.holder = transaction
    transaction.held.append(stored)


def release(transaction: OpenTransaction, moved: Container[StoredRow] = ()) -> list[OpenTransaction]:
    """Give up every row of an ended transaction; who may go on, longest waiting first.

    Of those who wait for one row the first may go on, and with it whoever can only fail. It takes the lock when
    its turn comes, before it looks at the row again, and keeps it even if the row no longer satisfies its
    condition: so does PostgreSQL. `moved`: rows of which the end made another version the newest one.
    """
    awake = transaction.watchers
    transaction.watchers = []
    for stored in transaction.held:
        stored.holder = None
        if stored.queue:
            awake += _let_go_on(stored, transaction.database.who_first if stored in moved else None)
    transaction.held = []
    for waiter in awake:
        waiter.waits_for = None
    if len(awake) > 1:
        awake.sort(key=_since)
    return awake


def _let_go_on(stored: StoredRow, who_first: Choice | None) -> list[OpenTransaction]:
    queue, stored.queue = stored.queue, []
    if stored.gone:
        return queue
    awake = [waiter for waiter in queue if stored.outdates(waiter)]
    able = [waiter for waiter in queue if waiter not in awake]
    if able:
        # All of them follow the row to its new version, and there they race.
        awake.append(able.pop(who_first(len(able)) if who_first and len(able) > 1 else 0))
    stored.queue = able
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


def _breaks_cycle(transaction: OpenTransaction, other: OpenTransaction) -> bool:
    """Whether waiting for `other` would close a cycle that the end of a victim has just broken.

    Raises the deadlock error if the victim is `transaction`.
    """
    cycle = [transaction]
    blocker: OpenTransaction | None = other
    while blocker is not transaction:
        if blocker is None:
            return False
        cycle.append(blocker)
        target = blocker.waits_for
        blocker = target.holder if isinstance(target, StoredRow) else target
    error = transaction.database.errors.deadlock(
        f"deadlock: {transaction.owner} and {other.owner} wait for each other"
    )
    choose = transaction.database.victim
    victim = cycle[choose(len(cycle))] if choose else transaction
    if victim is transaction:
        raise error
    victim.give_way(error)
    return True
