"""READ COMMITTED: statement snapshots, row locks, and the second look at a row that moved on."""

import pytest

from shaketable.errors import HarnessError
from shaketable.ports import CheckViolation, TransactionAborted
from tests.unit.sim_database.bank import Bank, answer_of, ids, is_waiting


def test_a_select_does_not_see_what_is_not_committed():
    bank = Bank()
    writer, reader = bank.begin(), bank.begin()
    writer.update("accounts", {"balance": 99}, ("id", "=", 1))
    assert reader.select("accounts", ("balance", "=", 99)) == []
    writer.commit()
    assert ids(reader.select("accounts", ("balance", "=", 99))) == [1]


def test_a_transaction_sees_its_own_writes():
    bank = Bank()
    t = bank.begin()
    t.insert("accounts", {"id": 9, "email": "z", "balance": 0})
    t.update("accounts", {"balance": ("+", 5)}, ("id", "=", 9))
    t.delete("accounts", ("id", "=", 1))
    assert t.select("accounts", ("id", "in", (1, 9))) == [{"id": 9, "email": "z", "balance": 5}]
    t.rollback()
    assert bank.balances() == {1: 10, 2: 20, 3: 30}


def test_an_update_waits_for_the_row_and_adds_to_the_newest_value():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"balance": ("+", -4)}, ("id", "=", 1))
    waiting = second.update("accounts", {"balance": ("+", -4)}, ("id", "=", 1))
    assert is_waiting(waiting)
    first.commit()
    assert answer_of(waiting) == 1
    second.commit()
    assert bank.balances()[1] == 2


def test_a_condition_is_asked_again_on_the_newest_version():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"balance": ("+", -8)}, ("id", "=", 1))
    waiting = second.update("accounts", {"balance": ("+", -8)}, ("id", "=", 1), ("balance", ">=", 8))
    first.commit()
    assert answer_of(waiting) == 0
    second.commit()
    assert bank.balances()[1] == 2


def test_a_row_refused_by_the_second_look_stays_locked():
    bank = Bank()
    first, second, third = bank.begin(), bank.begin(), bank.begin()
    first.update("accounts", {"balance": 0}, ("id", "=", 1))
    second.update("accounts", {"balance": 5}, ("id", "=", 1), ("balance", "=", 10))
    first.commit()
    assert is_waiting(third.update("accounts", {"balance": 7}, ("id", "=", 1)))
    second.rollback()
    third.commit()
    assert bank.balances()[1] == 7


def test_a_row_that_began_to_match_while_waiting_is_not_found():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"kind": "y"}, ("id", "=", 1))
    first.insert("accounts", {"id": 4, "email": "d", "balance": 1, "kind": "y"})
    first.update("accounts", {"balance": 31}, ("id", "=", 3))
    waiting = second.update("accounts", {"balance": 0}, ("kind", "=", "y"))
    first.commit()
    assert answer_of(waiting) == 1
    second.commit()
    assert bank.balances() == {1: 10, 2: 20, 3: 0, 4: 1}


def test_the_second_look_follows_a_row_to_its_new_key():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"id": 8}, ("id", "=", 1))
    waiting = second.update("accounts", {"balance": 0}, ("balance", "=", 10))
    first.commit()
    assert answer_of(waiting) == 1
    second.commit()
    assert bank.balances() == {8: 0, 2: 20, 3: 30}


def test_waiting_for_a_rollback_changes_nothing():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.delete("accounts", ("id", "=", 1))
    waiting = second.update("accounts", {"balance": ("+", 1)}, ("id", "=", 1))
    first.rollback()
    assert answer_of(waiting) == 1
    second.commit()
    assert bank.balances()[1] == 11


def test_a_deleted_row_lets_all_its_waiters_go():
    bank = Bank()
    first, second, third = bank.begin(), bank.begin(), bank.begin()
    first.delete("accounts", ("id", "=", 1))
    waiting = (
        second.update("accounts", {"balance": 1}, ("id", "=", 1)),
        third.delete("accounts", ("id", "=", 1)),
    )
    first.commit()
    assert [answer_of(w) for w in waiting] == [0, 0]


def test_select_for_update_waits_and_shows_the_newest_version():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"balance": 5}, ("id", "=", 1))
    waiting = second.select("accounts", ("id", "=", 1), lock="update")
    plain = bank.begin().select("accounts", ("id", "=", 1))
    first.commit()
    assert plain[0]["balance"] == 10
    assert answer_of(waiting)[0]["balance"] == 5


def test_skip_locked_leaves_out_what_another_holds():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    assert ids(first.select("accounts", order_by=("id",), limit=1, lock="skip_locked")) == [1]
    assert ids(second.select("accounts", order_by=("id",), limit=1, lock="skip_locked")) == [2]
    assert ids(first.select("accounts", order_by=("id",), lock="skip_locked")) == [1, 3]


def test_the_limit_counts_only_rows_that_still_match():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"kind": "z"}, ("id", "=", 1))
    waiting = second.select("accounts", ("kind", "=", "x"), order_by=("id",), limit=1, lock="update")
    first.commit()
    assert ids(answer_of(waiting)) == [2]


def test_waiters_are_served_first_come_first_served():
    bank = Bank()
    holder = bank.begin()
    holder.select("accounts", ("id", "=", 1), lock="update")
    waiters = [bank.begin(f"w{n}") for n in range(4)]
    answers = [w.update("accounts", {"balance": n}, ("id", "=", 1)) for n, w in enumerate(waiters)]
    holder.commit()
    for n, waiter in enumerate(waiters):
        assert [is_waiting(a) for a in answers] == [False] * (n + 1) + [True] * (3 - n)
        waiter.commit()
    assert bank.balances()[1] == 3


def test_a_negative_column_is_refused_and_fails_the_transaction():
    bank = Bank()
    t = bank.begin()
    t.update("accounts", {"balance": 0}, ("id", "=", 2))
    with pytest.raises(CheckViolation):
        t.update("accounts", {"balance": ("+", -11)}, ("id", "=", 1))
    with pytest.raises(TransactionAborted):
        t.select("accounts")
    assert t.commit() is False
    assert bank.balances() == {1: 10, 2: 20, 3: 30}


def test_a_failed_statement_gives_up_its_locks_before_the_rollback():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"balance": 0}, ("id", "=", 2))
    waiting = second.update("accounts", {"balance": 1}, ("id", "=", 2))
    with pytest.raises(CheckViolation):
        first.insert("accounts", {"id": 7, "email": "q", "balance": -1})
    assert answer_of(waiting) == 1


def test_a_check_is_asked_before_the_lock_and_again_after_it():
    bank = Bank()
    first, second, third = bank.begin(), bank.begin(), bank.begin()
    first.update("accounts", {"balance": 3}, ("id", "=", 1))
    with pytest.raises(CheckViolation):  # 10 - 11, though it never gets to wait for the row
        second.update("accounts", {"balance": ("+", -11)}, ("id", "=", 1))
    waiting = third.update("accounts", {"balance": ("+", -4)}, ("id", "=", 1))
    first.commit()
    with pytest.raises(CheckViolation):
        answer_of(waiting)


def test_rows_come_in_the_order_asked_for_with_nulls_as_the_greatest():
    bank = Bank()
    t = bank.begin()
    t.insert("accounts", {"id": 4, "email": "d", "balance": 20, "kind": None})
    assert ids(t.select("accounts", order_by=("-balance", "id"))) == [3, 2, 4, 1]
    assert ids(t.select("accounts", order_by=("kind", "-id"))) == [2, 1, 3, 4]
    assert ids(t.select("accounts", order_by=("-kind",), limit=1)) == [4]


def test_null_compares_to_nothing_but_can_be_asked_for():
    bank = Bank()
    t = bank.begin()
    t.insert("accounts", {"id": 4, "email": None, "balance": 1})
    assert ids(t.select("accounts", ("email", "=", None))) == [4]
    assert ids(t.select("accounts", ("email", "!=", None))) == [1, 2, 3]
    assert ids(t.select("accounts", ("email", "!=", "a"))) == [2, 3]
    assert ids(t.select("accounts", ("email", "<", "c"))) == [1, 2]


def test_answers_are_the_callers_own():
    bank = Bank()
    t = bank.begin()
    t.select("accounts", ("id", "=", 1))[0]["balance"] = 0
    given = {"id": 9, "email": "z", "balance": 1}
    t.insert("accounts", given)["balance"] = 7
    given["balance"] = 8
    t.commit()
    assert bank.balances() == {1: 10, 2: 20, 3: 30, 9: 1}


def test_a_wrong_name_is_told_with_the_right_ones():
    bank = Bank()
    with pytest.raises(HarnessError, match="accounts"):
        bank.begin().select("acounts")
    with pytest.raises(HarnessError, match="bank"):
        bank.server.begin("bang", "t")
    with pytest.raises(HarnessError, match="operator"):
        bank.begin().select("accounts", ("id", "~", 1))
