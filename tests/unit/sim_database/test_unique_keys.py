"""Unique keys: conflicts wait for the other transaction's outcome."""

import pytest

from shaketable.ports import CheckViolation, DeadlockDetected, UniqueViolation
from tests.unit.sim_database.bank import Bank, answer_of, is_waiting


def new(number: int, email: str | None = None) -> dict[str, str | int | None]:
    return {"id": number, "email": email, "balance": 0}


def test_a_committed_key_is_refused_at_once():
    with pytest.raises(UniqueViolation):
        Bank().begin().insert("accounts", new(1))
    with pytest.raises(UniqueViolation):
        Bank().begin().insert("accounts", new(9, "a"))


def test_a_committed_key_can_be_ignored():
    bank = Bank()
    t = bank.begin()
    assert t.insert("accounts", new(1), on_conflict="ignore") is None
    assert t.insert("accounts", new(9, "a"), on_conflict="ignore") is None
    assert t.insert("accounts", new(9), on_conflict="ignore") == new(9)
    t.commit()
    assert list(bank.balances()) == [1, 2, 3, 9]


@pytest.mark.parametrize("on_conflict", ["error", "ignore"])
def test_a_conflict_with_an_open_insert_waits_and_goes_on_after_a_rollback(on_conflict):
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.insert("accounts", new(9))
    waiting = second.insert("accounts", new(9), on_conflict=on_conflict)
    assert is_waiting(waiting)
    first.rollback()
    assert answer_of(waiting) == new(9)


def test_a_conflict_with_an_open_insert_is_decided_by_its_commit():
    bank = Bank()
    first, second, third = bank.begin(), bank.begin(), bank.begin()
    first.insert("accounts", new(9))
    refused = second.insert("accounts", new(9))
    ignored = third.insert("accounts", new(9), on_conflict="ignore")
    first.commit()
    with pytest.raises(UniqueViolation):
        answer_of(refused)
    assert answer_of(ignored) is None


def test_the_key_of_an_open_delete_is_free_only_after_its_commit():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.delete("accounts", ("id", "=", 1))
    waiting = second.insert("accounts", new(1, "n"))
    assert is_waiting(waiting)
    first.commit()
    assert answer_of(waiting) == new(1, "n")
    second.commit()
    assert bank.balances() == {1: 0, 2: 20, 3: 30}


def test_of_two_waiters_the_first_gets_the_key_and_the_second_waits_for_it():
    bank = Bank()
    first, second, third = bank.begin(), bank.begin(), bank.begin()
    first.insert("accounts", new(9))
    answers = second.insert("accounts", new(9)), third.insert("accounts", new(9))
    first.rollback()
    assert answer_of(answers[0]) == new(9)
    assert is_waiting(answers[1])
    second.commit()
    with pytest.raises(UniqueViolation):
        answer_of(answers[1])


def test_an_update_to_a_taken_key_is_refused_and_to_a_freed_one_goes_on():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.update("accounts", {"email": "moved"}, ("id", "=", 1))
    waiting = second.update("accounts", {"email": "a"}, ("id", "=", 2))
    assert is_waiting(waiting)
    first.commit()
    assert answer_of(waiting) == 1
    with pytest.raises(UniqueViolation):
        second.update("accounts", {"id": 3}, ("id", "=", 2))


def test_nulls_in_a_unique_column_are_distinct_but_a_key_must_not_be_null():
    bank = Bank()
    t = bank.begin()
    t.insert("accounts", new(8))
    t.insert("accounts", new(9))
    with pytest.raises(CheckViolation):
        t.insert("accounts", {"email": "n", "balance": 0})


def test_a_deleted_key_can_be_inserted_again_in_the_same_transaction():
    bank = Bank()
    t = bank.begin()
    t.delete("accounts", ("id", "=", 1))
    t.insert("accounts", new(1, "a"))
    assert t.select("accounts", ("id", "=", 1)) == [new(1, "a")]
    t.commit()
    assert bank.balances()[1] == 0


def test_a_rolled_back_key_change_leaves_the_old_key_taken():
    bank = Bank()
    t = bank.begin()
    t.update("accounts", {"id": 9}, ("id", "=", 1))
    t.rollback()
    other = bank.begin()
    other.insert("accounts", new(9))
    with pytest.raises(UniqueViolation):
        other.insert("accounts", new(1))


def test_two_inserts_of_each_others_keys_are_a_deadlock():
    bank = Bank()
    first, second = bank.begin(), bank.begin()
    first.insert("accounts", new(8))
    second.insert("accounts", new(9))
    waiting = first.insert("accounts", new(9))
    with pytest.raises(DeadlockDetected):
        second.insert("accounts", new(8))
    assert answer_of(waiting) == new(9)


def test_a_key_of_several_columns_is_found_among_many_rows():
    bank = Bank()
    t = bank.begin()
    for left in range(10):
        for right in range(10):
            t.insert("pairs", {"left": left, "right": right, "n": left * right})
    assert t.select("pairs", ("left", "=", 7), ("right", "=", 8))[0]["n"] == 56
    assert len(t.select("pairs", ("left", "=", 7))) == 10
    with pytest.raises(UniqueViolation):
        t.insert("pairs", {"left": 1, "right": 1})


def test_serials_count_at_insert_and_leave_gaps():
    bank = Bank()
    first, second, third = bank.begin(), bank.begin(), bank.begin()
    assert first.insert("outbox", {"event": "a"}) == {"id": 1, "event": "a"}
    assert second.insert("outbox", {"event": "b"}) == {"id": 2, "event": "b"}
    second.commit()
    assert bank.rows("outbox") == [{"id": 2, "event": "b"}]
    first.rollback()
    third.insert("outbox", {"event": "c"})
    third.commit()
    assert [row["id"] for row in bank.rows("outbox")] == [2, 3]
