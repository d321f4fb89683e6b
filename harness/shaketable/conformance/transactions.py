"""Clauses on transactions that their server rolls back: at a statement, and at COMMIT."""

from __future__ import annotations

from shaketable.conformance.messages import COMMIT, FETCH, INSERT, PAY, PRODUCE
from shaketable.conformance.moments import RETURNED
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import Rollback, SqlState

_ERRORS: dict[SqlState, str] = {
    "40001": "SerializationFailure",
    "40P01": "DeadlockDetected",
    "57014": "StatementCancelled",
}
_ENDS: tuple[SqlState, ...] = ("25P03", "57P01")


def _rolled_back(world: WorldUnderTest, at: str) -> None:
    """Check the message `at` of the first sale, which fails, and the second sale, which finds nothing in its way."""
    for sqlstate, error in _ERRORS.items():
        run = world.play(
            Rollback(at=at, leg="request", sqlstate=sqlstate), buy("s1"), RETURNED, buy("s2"), RETURNED
        )
        run.landed("rollback")
        run.outcome("info", error)
        run.answered(0)
        run.outcome("ok", n=1)
        run.equal("sales", run.sold, ["s2"])


def a_statement_is_answered_with_an_error_and_its_transaction_rolled_back(world: WorldUnderTest) -> None:
    _rolled_back(world, INSERT)


def a_commit_is_answered_with_an_error_and_its_transaction_rolled_back(world: WorldUnderTest) -> None:
    _rolled_back(world, COMMIT)


def a_session_that_its_server_ends_takes_its_transaction_along(world: WorldUnderTest) -> None:
    """Check it at a statement and at COMMIT; the next transaction has a connection of its own, and finds no lock."""
    for at in (INSERT, COMMIT):
        for sqlstate in _ENDS:
            run = world.play(
                Rollback(at=at, leg="request", sqlstate=sqlstate), buy(), RETURNED, buy(), RETURNED
            )
            run.landed("rollback")
            run.outcome("info", "ConnectionLost")
            run.answered(0)
            run.outcome("ok", n=1)
            run.equal("sales", run.sold, ["s1"])


def a_transaction_that_was_rolled_back_leaves_no_lock(world: WorldUnderTest) -> None:
    """Check that the same key can be inserted at once by the next transaction."""
    run = world.play(Rollback(at=COMMIT, leg="request"), buy(), RETURNED, buy(), RETURNED)
    run.landed("rollback")
    run.outcome("ok", n=1)
    run.answered(0, n=1)
    run.equal("sales", run.sold, ["s1"])


def what_has_happened_is_not_rolled_back(world: WorldUnderTest) -> None:
    """Check answers, and what is no statement of a transaction."""
    run = world.play(
        *(Rollback(at=at, leg="reply") for at in (INSERT, COMMIT)),
        *(Rollback(at=at, leg="request") for at in (PAY, PRODUCE, FETCH)),
        buy(),
        RETURNED,
    )
    run.never_landed()
    run.outcome("ok")
    run.equal("sales", run.sold, ["s1"])


def two_transactions_are_rolled_back_each_by_its_own_fault(world: WorldUnderTest) -> None:
    """Check that the COMMIT of the second sale is the first one: that of the first sale is never sent."""
    first, second = Rollback(at=INSERT, leg="request"), Rollback(at=COMMIT, leg="request")
    run = world.play(first, second, *(step for n in (1, 2, 3) for step in (buy(f"s{n}"), RETURNED)))
    run.landed("rollback", times=2)
    run.equal("sales", run.sold, ["s3"])
