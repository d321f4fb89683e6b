"""Savepoints, inserts that update in their stead, and locks that are not waited for."""

from __future__ import annotations

import pytest

from shaketable.errors import HarnessError
from shaketable.ports import (
    CheckViolation,
    LockNotAvailable,
    SerializationFailure,
    TransactionAborted,
    UniqueViolation,
)
from tests.unit.sim_database.bank import Bank, answer_of, ids, is_waiting

STRICT = ["repeatable read", "serializable"]


def one(number: int) -> tuple[str, str, int]:
    return ("id", "=", number)


def account(number: int, balance: int = 0, email: str | None = None) -> dict[str, object]:
    return {"id": number, "balance": balance, "email": email}


# -- savepoints ------------------------------------------------------------------------------------------


def test_what_came_after_a_savepoint_is_undone_and_the_rest_is_committed_and_told():
    bank = Bank()
    t = bank.begin("t")
    t.update("accounts", {"balance": 1}, one(1))
    t.savepoint("s")
    t.update("accounts", {"balance": 2}, one(1))
    t.update("accounts", {"balance": 2}, one(2))
    t.delete("accounts", one(3))
    t.insert("accounts", account(4))
    t.rollback_to("s")
    assert ids(t.select("accounts")) == [2, 3, 1]
    assert t.insert("accounts", account(5)) is not None
    assert t.commit()
    assert bank.balances() == {1: 1, 2: 20, 3: 30, 5: 0}
    [(_, _, _, told)] = [event for event in bank.written if event[2] == "commit"]
    assert [(verb, row["id"], row["balance"]) for verb, _, row in told["writes"]] == [
        ("update", 1, 1),
        ("insert", 5, 0),
    ]


def test_one_may_return_to_a_savepoint_again_and_past_others():
    bank = Bank()
    t = bank.begin()
    for name, number in (("a", 1), ("b", 2), ("c", 3)):
        t.savepoint(name)
        t.update("accounts", {"balance": 0}, one(number))
    t.rollback_to("b")
    assert [row["balance"] for row in t.select("accounts", order_by=("id",))] == [0, 20, 30]
    with pytest.raises(HarnessError, match="no savepoint 'c'"):
        t.rollback_to("c")
    t.rollback_to("b")
    t.rollback_to("a")
    t.commit()
    assert bank.balances() == {1: 10, 2: 20, 3: 30}


def test_a_released_savepoint_is_gone_with_those_after_it_and_its_changes_stay():
    bank = Bank()
    t = bank.begin()
    t.savepoint("a")
    t.update("accounts", {"balance": 0}, one(1))
    t.savepoint("b")
    t.release("a")
    with pytest.raises(HarnessError, match="no savepoint 'b'"):
        t.rollback_to("b")
    assert not t.commit()
    t = bank.begin()
    t.savepoint("a")
    t.update("accounts", {"balance": 0}, one(1))
    t.release("a")
    assert t.commit()
    assert bank.balances()[1] == 0


def test_a_failure_undoes_what_came_after_the_savepoint_and_returning_to_it_ends_the_failure():
    bank = Bank()
    t, other = bank.begin(), bank.begin()
    t.update("accounts", {"balance": 0}, one(1))
    t.savepoint("s")
    t.update("accounts", {"balance": 0}, one(2))
    with pytest.raises(UniqueViolation):
        t.insert("accounts", account(3))
    with pytest.raises(TransactionAborted):
        t.select("accounts")
    with pytest.raises(TransactionAborted):
        t.savepoint("too late")
    assert other.update("accounts", {"balance": 5}, one(2)) == 1
    other.commit()
    t.rollback_to("s")
    assert t.commit()
    assert bank.balances() == {1: 0, 2: 5, 3: 30}


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_the_end_of_a_failed_transaction_undoes_what_came_before_its_savepoint_too(end):
    bank = Bank()
    t, other = bank.begin(), bank.begin()
    t.update("accounts", {"balance": 0}, one(1))
    t.savepoint("s")
    with pytest.raises(UniqueViolation):
        t.insert("accounts", account(3))
    waiting = other.update("accounts", {"balance": ("+", 1)}, one(1))
    assert is_waiting(waiting)
    assert not getattr(t, end)()
    assert answer_of(waiting) == 1
    other.commit()
    assert bank.balances()[1] == 11


def test_locks_taken_after_a_savepoint_are_given_back_with_it_and_those_before_it_stay():
    bank = Bank()
    t, early, late = bank.begin(), bank.begin(), bank.begin()
    t.select("accounts", one(1), lock="update")
    t.savepoint("s")
    t.update("accounts", {"balance": 0}, one(1))
    t.select("accounts", one(2), lock="update")
    of_one = early.update("accounts", {"balance": ("+", 1)}, one(1))
    of_two = late.update("accounts", {"balance": ("+", 1)}, one(2))
    t.rollback_to("s")
    assert answer_of(of_two) == 1
    assert is_waiting(of_one)
    t.commit()
    assert answer_of(of_one) == 1


def test_a_key_that_a_savepoint_gives_back_is_free():
    bank = Bank()
    t, other = bank.begin(), bank.begin()
    t.savepoint("s")
    t.insert("accounts", account(4))
    waiting = other.insert("accounts", account(4, 7))
    t.rollback_to("s")
    assert answer_of(waiting) is not None
    other.commit()
    t.commit()
    assert bank.balances()[4] == 7


def test_what_was_read_after_a_savepoint_stays_read():
    bank = Bank()
    reader, writer = bank.begin("reader", "serializable"), bank.begin("writer", "serializable")
    reader.savepoint("s")
    reader.select("accounts", one(1))
    reader.rollback_to("s")
    writer.select("pairs")
    writer.update("accounts", {"balance": 0}, one(1))
    reader.insert("pairs", {"left": 1, "right": 1})
    assert writer.commit()
    with pytest.raises(SerializationFailure):
        reader.commit()


# -- an insert that updates in its stead -----------------------------------------------------------------


def test_an_upsert_inserts_or_changes_the_row_that_has_its_key():
    bank = Bank()
    t = bank.begin("t")
    assert t.upsert("accounts", account(4, 1), {"balance": ("+", 1)})["balance"] == 1
    assert t.upsert("accounts", account(4, 1), {"balance": ("+", 1)})["balance"] == 2
    t.commit()
    [(_, _, _, told)] = [event for event in bank.written if event[2] == "commit"]
    assert [verb for verb, _, _ in told["writes"]] == ["insert", "update"]


def test_an_upsert_changes_a_row_that_its_snapshot_does_not_show_and_the_higher_levels_refuse():
    for isolation, refused in [("read committed", False), ("repeatable read", True)]:
        bank = Bank()
        late, first = bank.begin("late", isolation), bank.begin()
        late.select("accounts")
        first.insert("accounts", account(4, 5))
        waiting = late.upsert("accounts", account(4), {"balance": ("+", 1)})
        assert is_waiting(waiting)
        first.commit()
        if refused:
            with pytest.raises(SerializationFailure):
                answer_of(waiting)
        else:
            assert answer_of(waiting)["balance"] == 6


def test_an_upsert_inserts_when_the_row_it_waited_for_is_gone():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.delete("accounts", one(1))
    waiting = second.upsert("accounts", account(1, 3), {"balance": ("+", 1)})
    first.commit()
    assert answer_of(waiting)["balance"] == 3


def test_an_upsert_is_held_to_every_other_constraint():
    bank = Bank()
    with pytest.raises(UniqueViolation):
        bank.begin().upsert("accounts", account(4, 0, "a"), {"balance": 1})
    with pytest.raises(CheckViolation):
        bank.begin().upsert("accounts", account(1), {"balance": ("+", -99)})
    with pytest.raises(CheckViolation):
        bank.begin().upsert("accounts", account(1, -1), {"balance": 1})
    with pytest.raises(UniqueViolation):
        bank.begin().upsert("accounts", account(1), {"email": "b"})


# -- locks that are not waited for -----------------------------------------------------------------------


def test_a_row_that_another_holds_is_an_error_at_once_where_one_does_not_wait():
    bank = Bank()
    bank.begin().select("accounts", one(2), lock="update")
    t = bank.begin()
    assert ids(t.select("accounts", one(1), lock="nowait")) == [1]
    with pytest.raises(LockNotAvailable):
        t.select("accounts", one(2), lock="nowait")
    with pytest.raises(TransactionAborted):
        t.select("accounts")
    assert ids(bank.begin().select("accounts", one(1), lock="nowait")) == [1]


@pytest.mark.parametrize("isolation", STRICT)
def test_a_row_that_moved_on_is_refused_though_it_is_busy_too(isolation):
    bank = Bank()
    late = bank.begin("late", isolation)
    late.select("accounts")
    bank.do(1, 11)
    bank.begin().select("accounts", one(1), lock="update")
    with pytest.raises(SerializationFailure):
        late.select("accounts", one(1), lock="nowait")


def test_who_waits_for_a_row_locked_behind_a_released_savepoint_waits_for_the_end_of_the_transaction():
    bank = Bank()
    t, other, late = bank.begin("t"), bank.begin("other"), bank.begin("late")
    t.savepoint("outer")
    t.savepoint("inner")
    t.select("accounts", one(1), lock="update")
    waiting = other.update("accounts", {"balance": 5}, one(1))
    t.release("inner")
    t.rollback_to("outer")
    assert is_waiting(waiting)
    assert late.select("accounts", one(1), lock="nowait")  # the row itself is free
    assert late.commit()
    assert is_waiting(waiting)
    t.rollback()
    assert answer_of(waiting) == 1


def test_who_waits_for_a_row_locked_behind_a_savepoint_goes_on_when_it_is_returned_to():
    bank = Bank()
    t, other = bank.begin("t"), bank.begin("other")
    t.savepoint("s")
    t.select("accounts", one(1), lock="update")
    waiting = other.update("accounts", {"balance": 5}, one(1))
    t.rollback_to("s")
    assert answer_of(waiting) == 1


def test_who_waits_for_the_end_of_a_transaction_can_take_that_back():
    bank = Bank()
    t, other = bank.begin("t"), bank.begin("other")
    t.savepoint("outer")
    t.savepoint("inner")
    t.select("accounts", one(1), lock="update")
    waiting = other.update("accounts", {"balance": 5}, one(1))
    t.release("inner")
    t.rollback_to("outer")
    other.rollback()
    assert not is_waiting(waiting)
    assert t.commit()
    assert bank.balances()[1] == 10
