"""REPEATABLE READ and SERIALIZABLE: one snapshot, refused conflicts, no write skew."""

import pytest

from shaketable.ports import SerializationFailure
from shaketable.sim.database import OpenTransaction
from tests.unit.sim_database.bank import Bank, answer_of, ids, is_waiting

STRICT = ["repeatable read", "serializable"]


@pytest.mark.parametrize("isolation", STRICT)
def test_the_snapshot_is_taken_by_the_first_statement_and_kept(isolation):
    bank = Bank()
    t = bank.begin("t", isolation)
    bank.do(1, 11)
    assert t.select("accounts", ("id", "=", 1))[0]["balance"] == 11
    bank.do(1, 12)
    assert t.select("accounts", ("id", "=", 1))[0]["balance"] == 11


def test_a_phantom_appears_under_read_committed_only():
    for isolation, seen in [("read committed", [1, 2, 4]), ("repeatable read", [1, 2])]:
        bank = Bank()
        t = bank.begin("t", isolation)
        assert ids(t.select("accounts", ("kind", "=", "x"))) == [1, 2]
        other = bank.begin()
        other.insert("accounts", {"id": 4, "balance": 1, "kind": "x"})
        other.commit()
        assert ids(t.select("accounts", ("kind", "=", "x"))) == seen


@pytest.mark.parametrize("isolation", STRICT)
def test_a_lost_update_is_refused(isolation):
    bank = Bank()
    t = bank.begin("t", isolation)
    t.select("accounts", ("id", "=", 1))
    bank.do(1, 50)
    with pytest.raises(SerializationFailure):
        t.update("accounts", {"balance": 11}, ("id", "=", 1))


@pytest.mark.parametrize("lock", ["update", "skip_locked"])
def test_locking_a_row_that_moved_on_is_refused(lock):
    bank = Bank()
    t = bank.begin("t", "repeatable read")
    t.select("accounts")
    bank.do(1, 50)
    with pytest.raises(SerializationFailure):
        t.select("accounts", ("id", "=", 1), lock=lock)


def test_a_waiter_is_refused_after_a_commit_and_continues_after_a_rollback():
    for end, refused in [("commit", True), ("rollback", False)]:
        bank = Bank()
        first, second = bank.begin(), bank.begin("t", "repeatable read")
        first.update("accounts", {"balance": 0}, ("id", "=", 1))
        waiting = second.delete("accounts", ("id", "=", 1))
        assert is_waiting(waiting)
        getattr(first, end)()
        if refused:
            with pytest.raises(SerializationFailure):
                answer_of(waiting)
        else:
            assert answer_of(waiting) == 1


def test_ignoring_a_conflict_with_a_row_newer_than_the_snapshot_is_refused():
    bank = Bank()
    t = bank.begin("t", "repeatable read")
    t.select("accounts")
    other = bank.begin()
    other.insert("accounts", {"id": 9, "balance": 0})
    other.commit()
    with pytest.raises(SerializationFailure):
        t.insert("accounts", {"id": 9, "balance": 0}, on_conflict="ignore")


def test_after_waiting_for_one_key_the_keys_are_looked_at_from_the_first_again():
    bank = Bank()
    other, t = bank.begin(), bank.begin("t", "repeatable read")
    other.insert("accounts", {"id": 9, "balance": 0})
    waiting = t.insert("accounts", {"id": 9, "email": "a", "balance": 0}, on_conflict="ignore")
    other.commit()
    with pytest.raises(SerializationFailure):  # because of the new id, though the old email would be ignored
        answer_of(waiting)


def withdraw_if_covered(t: OpenTransaction, number: int) -> None:
    """Withdraw, if the sum of x stays at least 20: the rule that two concurrent withdrawals break together."""
    total = sum(row["balance"] for row in t.select("accounts", ("kind", "=", "x")))
    if total - 10 >= 20:
        t.update("accounts", {"balance": ("+", -10)}, ("id", "=", number))


def test_repeatable_read_allows_write_skew():
    bank = Bank()
    first, second = bank.begin("1", "repeatable read"), bank.begin("2", "repeatable read")
    withdraw_if_covered(first, 1)
    withdraw_if_covered(second, 2)
    assert first.commit()
    assert second.commit()
    assert bank.balances() == {1: 0, 2: 10, 3: 30}


def test_serializable_refuses_write_skew_and_the_first_committer_wins():
    bank = Bank()
    first, second = bank.begin("1", "serializable"), bank.begin("2", "serializable")
    withdraw_if_covered(first, 1)
    withdraw_if_covered(second, 2)
    assert first.commit()
    with pytest.raises(SerializationFailure):
        second.commit()
    assert bank.balances() == {1: 0, 2: 20, 3: 30}


def test_serializable_refuses_two_inserts_that_each_saw_no_other():
    bank = Bank()
    pair = bank.begin("1", "serializable"), bank.begin("2", "serializable")
    for n, t in enumerate(pair):
        assert t.select("accounts", ("kind", "=", "new")) == []
        t.insert("accounts", {"id": 10 + n, "balance": 1, "kind": "new"})
    assert pair[0].commit()
    with pytest.raises(SerializationFailure):
        pair[1].commit()
    assert len(bank.rows()) == 4


def test_serializable_refuses_the_read_only_anomaly():
    """A batch is closed, a report reads it, and only then an older receipt for that batch commits."""
    bank = Bank()
    receipt = bank.begin("receipt", "serializable")
    assert receipt.select("accounts", ("id", "=", 1))[0]["balance"] == 10
    closing = bank.begin("closing", "serializable")
    closing.update("accounts", {"balance": 11}, ("id", "=", 1))
    assert closing.commit()
    report = bank.begin("report", "serializable")
    assert report.select("accounts", ("id", "=", 1))[0]["balance"] == 11
    assert report.select("outbox", ("batch", "=", 10)) == []
    assert report.commit()
    with pytest.raises(SerializationFailure):
        receipt.insert("outbox", {"batch": 10})


def test_serializable_allows_what_has_a_serial_order():
    bank = Bank()
    reader, writer = bank.begin("1", "serializable"), bank.begin("2", "serializable")
    reader.select("accounts", ("id", "=", 1))
    writer.update("accounts", {"balance": 0}, ("id", "=", 1))
    assert writer.commit()
    reader.update("accounts", {"balance": 0}, ("id", "=", 2))
    assert reader.commit()


def test_disjoint_serializable_transactions_do_not_disturb_each_other():
    bank = Bank()
    pair = bank.begin("1", "serializable"), bank.begin("2", "serializable")
    for n, t in enumerate(pair, start=1):
        t.select("accounts", ("id", "=", n))
        t.update("accounts", {"balance": 0}, ("id", "=", n))
    assert all(t.commit() for t in pair)


def test_a_refused_transaction_succeeds_when_it_is_tried_again():
    bank = Bank()
    first, second = bank.begin("1", "serializable"), bank.begin("2", "serializable")
    withdraw_if_covered(first, 1)
    withdraw_if_covered(second, 2)
    first.commit()
    with pytest.raises(SerializationFailure):
        second.commit()
    again = bank.begin("2", "serializable")
    withdraw_if_covered(again, 2)
    assert again.commit()
    assert bank.balances()[2] == 20


def test_serializable_refuses_to_show_a_unique_key_twice_that_changed_hands():
    """As PostgreSQL 18 does, which lets the key change hands and refuses the one that sees both rows with it."""
    bank = Bank()
    gives, takes = bank.begin("1", "serializable"), bank.begin("2", "serializable")
    gives.update("accounts", {"email": "free"}, ("id", "=", 1))
    waiting = takes.update("accounts", {"email": "a"}, ("id", "=", 2))
    assert gives.commit()
    assert answer_of(waiting) == 1
    with pytest.raises(SerializationFailure):
        takes.select("accounts", ("email", "=", "a"))
