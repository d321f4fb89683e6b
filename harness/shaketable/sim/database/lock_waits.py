"""Locks of rows, granted in the order of asking; waits for the end of a transaction; and deadlocks.

A transaction waits for at most one thing, so the wait-for graph is a set of chains, and following one chain shows
a cycle. PostgreSQL looks only after `deadlock_timeout` and may then pick another member of the cycle; here the
transaction whose wait closes it is the victim, at once. PostgreSQL wakes all that waited for a transaction at once
and lets them race; here they continue in the order in which they began to wait. It also wakes them before it settles
what an ended serializable transaction has read, so that they may find it there still; here it is settled. A world or a
test that wants the other choices makes them: `Locks.victim`, `Locks.who_first` and `Locks.early`. Where orders are decided,
`Locks.race` decides who has a row first that has a new version.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Generator, Sequence
from typing import Protocol

from shaketable.ports import Errors
from shaketable.sim.database.rows import Locker, StoredRow

Waits = Generator[None, None, None]
"""Yields where its transaction has to wait, and is sent on when what it waited for has happened."""
Choice = Callable[[int], int]
"""Returns which of so many transactions, as an index."""


class Race(Protocol):
    """Decides who has a row first."""

    def enter(self) -> object | None:
        """Return a name for the statement that begins to wait now, or None."""
        ...

    def first(self, waiting: Sequence[object | None], /) -> int:
        """Return the place, in the queue of those names, of who has the row first."""
        ...


class Locks:
    """The transactions of one database that wait, and the order in which they continue."""

    __slots__ = ("_awake", "_errors", "_is_waking", "_waits", "early", "race", "victim", "who_first")

    def __init__(self, errors: Errors) -> None:
        self.who_first: Choice | None = None
        self.victim: Choice | None = None
        self.early: Choice | None = None
        self.race: Race | None = None
        self._errors = errors
        self._awake: deque[Locker] = deque()
        self._is_waking = False
        self._waits = 0

    def acquire(self, transaction: Locker, stored: StoredRow) -> Waits:
        """Wait until the row is locked, gone, or too new for the snapshot. Raises the deadlock error."""
        was_woken = False
        while stored.holder is not transaction and not stored.gone and not stored.outdates(transaction):
            holder = stored.holder
            if holder is None:
                take(transaction, stored)
                return
            if self._breaks_cycle(transaction, holder):
                continue
            if was_woken:
                stored.queue.insert(0, transaction)  # another that was woken in the same instant came first
            else:
                stored.queue.append(transaction)
            self._begin_wait(transaction, stored)
            yield
            was_woken = True

    def await_end(self, transaction: Locker, other: Locker, about: StoredRow) -> Waits:
        """Wait until `other` committed, rolled back or took back what it did with the row. Raises the deadlock error."""
        if self._breaks_cycle(transaction, other):
            return
        other.watchers.append(transaction)
        transaction.waits_about = about
        self._begin_wait(transaction, other)
        yield

    def release(self, transaction: Locker, moved: Container[StoredRow] = ()) -> None:
        """Give up the rows that a transaction has locked, as it ends, and let those that may continue do so, longest waiting first.

        Of those that wait for one row the first may continue, and with it all that can only fail. It takes the
        lock when its turn comes, before it looks at the row again, and keeps it even if the row no longer satisfies
        its condition: so does PostgreSQL. `moved`: rows of which the end made another version the newest one.
        """
        awake = [*transaction.watchers, *transaction.until_end]
        transaction.watchers, transaction.until_end = [], []
        released, transaction.held = transaction.held, []
        for stored in released:
            stored.holder = None
            if stored.queue:
                awake += self._let_continue(stored, races=stored in moved)
        self._let_go_on(awake)

    def release_since(self, transaction: Locker, since: int) -> None:
        """Give up the rows that a transaction has locked from number `since` on, as it returns to a savepoint.

        Those that wait for a row that it locked, or for a key that it gave to a row, behind a savepoint which was released go on
        waiting, for its end: PostgreSQL lets them wait for the outermost transaction then (`XactLockTableWait`).
        """
        watchers, awake = transaction.watchers, list[Locker]()
        transaction.watchers = []
        for waiter in watchers:
            stays = waiter.waits_about in transaction.merged_writes
            (transaction.until_end if stays else awake).append(waiter)
        released, transaction.held = transaction.held[since:], transaction.held[:since]
        for stored in released:
            stored.holder = None
            if stored in transaction.merged:
                del transaction.merged[stored]
                for waiter in stored.queue:
                    waiter.waits_for = transaction
                transaction.until_end += stored.queue
                stored.queue = []
            elif stored.queue:
                awake += self._let_continue(stored, races=False)
        self._let_go_on(awake)

    def _let_go_on(self, awake: list[Locker]) -> None:
        if awake:
            for waiter in awake:
                waiter.waits_for = None
            awake.sort(key=_waiting_since)
            self._wake(awake)

    def choose_early(self, transaction: Locker) -> bool:
        """Tell whether those that wait for an ending transaction go on before what it has read is settled."""
        if self.early is None or not (
            transaction.watchers or transaction.until_end or any(stored.queue for stored in transaction.held)
        ):
            return False
        return self.early(2) == 1

    def _begin_wait(self, transaction: Locker, target: StoredRow | Locker) -> None:
        self._waits += 1
        transaction.waits_for = target
        transaction.waiting_since = self._waits
        if self.race is not None:  # one that waits again has no name of its own any more
            transaction.racer = None if self._is_waking else self.race.enter()

    def _let_continue(self, stored: StoredRow, *, races: bool) -> list[Locker]:
        """Take from the row's queue the transactions that may continue."""
        queue, stored.queue = stored.queue, []
        if stored.gone:
            return queue
        awake = [waiter for waiter in queue if stored.outdates(waiter)]
        able = [waiter for waiter in queue if waiter not in awake]
        if able:
            awake.append(able.pop(self._first(able) if races else 0))
        stored.queue = able
        return awake

    def _first(self, able: list[Locker]) -> int:
        """Choose who is first: all of them follow the row to its new version, and there they race."""
        if self.race is not None:
            return self.race.first([waiter.racer for waiter in able])
        return self.who_first(len(able)) if self.who_first and len(able) > 1 else 0

    def _wake(self, awake: list[Locker]) -> None:
        """Resume these in order; those they wake in turn come after them."""
        self._awake += awake
        if self._is_waking:
            return
        self._is_waking = True
        while self._awake:
            if self.who_first and len(self._awake) > 1:
                first = self._awake[chosen := self.who_first(len(self._awake))]
                del self._awake[chosen]
                first.resume()
            else:
                self._awake.popleft().resume()
        self._is_waking = False

    def _breaks_cycle(self, transaction: Locker, other: Locker) -> bool:
        """Tell whether waiting for `other` would have closed a cycle that the failure of a victim has just broken.

        Raises the deadlock error if the victim is `transaction`.
        """
        cycle = [transaction]
        blocker: Locker | None = other
        while blocker is not transaction:
            if blocker is None:
                return False
            cycle.append(blocker)
            target = blocker.waits_for
            blocker = target.holder if isinstance(target, StoredRow) else target
        error = self._errors.deadlock(f"deadlock: {transaction.owner} and {other.owner} wait for each other")
        victim = cycle[self.victim(len(cycle))] if self.victim else transaction
        if victim is transaction:
            raise error
        victim.give_way(error)
        return True


def take(transaction: Locker, stored: StoredRow) -> None:
    """Lock a row that no transaction holds."""
    stored.holder = transaction
    transaction.held.append(stored)


def withdraw(transaction: Locker) -> None:
    """Stop waiting: leave the queue without having got the lock."""
    target = transaction.waits_for
    transaction.waits_for = None
    if isinstance(target, StoredRow):
        target.queue.remove(transaction)
    elif target is not None:
        (target.until_end if transaction in target.until_end else target.watchers).remove(transaction)


def _waiting_since(transaction: Locker) -> int:
    return transaction.waiting_since
