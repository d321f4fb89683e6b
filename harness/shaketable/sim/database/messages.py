"""The messages of a transaction: what each does when it arrives at the server, however late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Generic, NoReturn, Protocol, TypeVar

from shaketable.faults.transactions import ENDS_SESSION
from shaketable.ports import Errors
from shaketable.sim.database.transaction import OpenTransaction

T = TypeVar("T")


class ClientSide(Protocol):
    """A transaction as its client has it."""

    @property
    def errors(self) -> Errors: ...
    @property
    def server_side(self) -> OpenTransaction | None:
        """What it is at the server, once its first statement has begun it."""
        ...

    def session(self) -> OpenTransaction:
        """Return what it is at the server, and begin it there if need be."""
        ...

    def begin(self) -> OpenTransaction:
        """Begin it at the server."""
        ...

    def error(self, sqlstate: str) -> Exception:
        """Make the error with which the server rolls it back by itself."""
        ...

    def end_session(self, error: Exception) -> NoReturn:
        """Raise `error` where a message arrives: the transaction is gone, and so is its connection."""
        ...


class SessionMessage(Generic[T]):
    """The effect of a message that has a session to itself (`shaketable.sim.channel.Beginning`)."""

    __slots__ = ("_effect", "_errors")

    def __init__(self, errors: Errors, effect: Callable[[], T]) -> None:
        self._errors = errors
        self._effect = effect

    def __call__(self) -> T:
        return self._effect()

    @property
    def begins(self) -> bool:
        return True

    def refused(self) -> NoReturn:
        """See `shaketable.sim.channel.Beginning`."""
        raise _no_session(self._errors)


class _OfTransaction:
    """A message of a transaction whose first one begins it at the server (`shaketable.sim.channel.Beginning`)."""

    __slots__ = ("_transaction",)

    def __init__(self, transaction: ClientSide) -> None:
        self._transaction = transaction

    @property
    def begins(self) -> bool:
        return self._transaction.server_side is None

    def refused(self) -> NoReturn:
        """See `shaketable.sim.channel.Beginning`."""
        raise _no_session(self._transaction.errors)


class StatementMessage(_OfTransaction, Generic[T]):
    """The effect of one statement's message (`shaketable.sim.channel.Revocable`)."""

    __slots__ = ("_effect",)

    def __init__(self, transaction: ClientSide, effect: Callable[[], T | asyncio.Future[T]]) -> None:
        super().__init__(transaction)
        self._effect = effect

    def __call__(self) -> T | asyncio.Future[T]:
        return self._effect()

    def rolled_back(self, sqlstate: str) -> Callable[[], T] | None:
        """See `shaketable.sim.channel.Revocable`."""
        transaction = self._transaction
        if _has_failed(transaction):
            return None
        if sqlstate in ENDS_SESSION:
            return partial(transaction.end_session, transaction.error(sqlstate))
        return lambda: transaction.session().refuse(transaction.error(sqlstate))


class PrepareMessage(_OfTransaction):
    """The effect of one PREPARE TRANSACTION message."""

    __slots__ = ("_name",)

    def __init__(self, transaction: ClientSide, name: str) -> None:
        super().__init__(transaction)
        self._name = name

    def __call__(self) -> None:
        transaction = self._transaction
        session = transaction.server_side or transaction.begin()  # one that did nothing is prepared, too
        if not session.prepare(self._name):
            raise transaction.errors.transaction_aborted("a statement failed, so it is rolled back")

    def delayed(self) -> None:
        """Seal the transaction, as a COMMIT does."""
        if self._transaction.server_side is not None:
            self._transaction.server_side.sealed = True


class CommitMessage(_OfTransaction):
    """The effect of one COMMIT message."""

    __slots__ = ()

    def __call__(self) -> None:
        session = self._transaction.server_side
        if session is not None:
            session.commit()

    def rolled_back(self, sqlstate: str) -> Callable[[], None] | None:
        """See `shaketable.sim.channel.Revocable`: a COMMIT that fails has ended its transaction."""
        transaction = self._transaction
        if _has_failed(transaction):
            return None
        return partial(transaction.end_session, transaction.error(sqlstate))

    def delayed(self) -> None:
        """Seal the transaction: only a crash of the server undoes it now, no end of its connection."""
        session = self._transaction.server_side
        if session is not None:
            session.sealed = True


def _has_failed(transaction: ClientSide) -> bool:
    return transaction.server_side is not None and transaction.server_side.status != "open"


def _no_session(errors: Errors) -> Exception:
    return errors.refused("the server has too many clients already (53300)")
