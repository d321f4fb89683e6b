"""Lessons of the comparison with a real PostgreSQL: scans, rows that moved on, races, doomed readers."""

import pytest

from shaketable.ports import DeadlockDetected, SerializationFailure
from tests.unit.sim_database.bank import Bank, answer_of, ids, is_waiting

STRICT = ["repeatable read", "serializable"]


def one(number: int) -> tuple[str, str, int]:
    return ("id", "=", number)


def is_refused(transaction) -> bool:
    """Commit, and tell whether the database refuses for the sake of what others did."""
    try:
        assert transaction.commit()
    except SerializationFailure:
        return True
    return False


def test_a_scan_meets_an_updated_row_last_as_its_new_version_lies_behind_all_others():
    bank = Bank()
    before = bank.begin("before", "repeatable read")
    before.select("accounts")
    bank.do(1, 11)
    assert ids(bank.begin().select("accounts")) == [2, 3, 1]
    assert ids(before.select("accounts")) == [1, 2, 3]


def test_an_update_locks_rows_in_the_order_of_the_scan():
    bank = Bank()
    bank.do(1, 11)
    holder, sweeper, other = bank.begin(), bank.begin(), bank.begin()
    holder.update("accounts", {"balance": 0}, one(2))
    assert is_waiting(sweeper.update("accounts", {"balance": 1}))
    assert other.update("accounts", {"balance": 5}, one(1)) == 1  # the sweep has not come so far


@pytest.mark.parametrize("isolation", STRICT)
def test_a_row_that_moved_on_is_refused_without_waiting_for_its_present_holder(isolation):
    bank = Bank()
    late = bank.begin("late", isolation)
    late.select("accounts")
    bank.do(1, 11)
    bank.begin().select("accounts", one(1), lock="update")
    with pytest.raises(SerializationFailure):
        late.update("accounts", {"balance": 0}, one(1))


@pytest.mark.parametrize("isolation", STRICT)
def test_a_waiter_that_can_only_fail_does_not_queue_behind_one_that_can_continue(isolation):
    bank = Bank()
    writer, first, second = bank.begin(), bank.begin(), bank.begin("t", isolation)
    second.select("accounts")
    writer.update("accounts", {"balance": 0}, one(1))
    going_on = first.update("accounts", {"balance": ("+", 1)}, one(1))
    failing = second.update("accounts", {"balance": ("+", 1)}, one(1))
    writer.commit()
    assert answer_of(going_on) == 1
    with pytest.raises(SerializationFailure):
        answer_of(failing)


def test_of_two_woken_at_once_the_first_may_take_the_row_of_the_second():
    bank = Bank()
    holder, sweeper, single = bank.begin("holder"), bank.begin("sweeper"), bank.begin("single")
    holder.select("accounts", lock="update")
    swept = sweeper.update("accounts", {"balance": 1})
    deleted = single.delete("accounts", one(3))
    holder.rollback()
    assert answer_of(swept) == 3
    assert is_waiting(deleted)
    sweeper.commit()
    assert answer_of(deleted) == 1


def test_another_order_of_those_woken_at_once_can_be_asked_for():
    bank = Bank()
    bank.server._databases["bank"].locks.who_first = lambda size: size - 1
    holder, sweeper, single = bank.begin("holder"), bank.begin("sweeper"), bank.begin("single")
    holder.select("accounts", lock="update")
    swept = sweeper.update("accounts", {"balance": 1})
    deleted = single.delete("accounts", one(3))
    holder.rollback()
    assert answer_of(deleted) == 1
    assert is_waiting(swept)


def test_another_victim_of_a_deadlock_can_be_asked_for():
    bank = Bank()
    bank.server._databases["bank"].locks.victim = lambda size: size - 1
    a, b = bank.begin("a"), bank.begin("b")
    a.update("accounts", {"balance": 1}, one(1))
    b.update("accounts", {"balance": 1}, one(2))
    waiting = a.update("accounts", {"balance": 1}, one(2))
    assert b.update("accounts", {"balance": 1}, one(1)) == 1
    with pytest.raises(DeadlockDetected):
        answer_of(waiting)


def test_a_doomed_reader_learns_it_when_it_next_looks_at_a_row():
    bank = Bank()
    pivot, early, late = (bank.begin(name, "serializable") for name in ("pivot", "early", "late"))
    for transaction in (pivot, early, late):
        transaction.select("pairs")
    pivot.select("accounts", one(1))
    early.select("accounts", one(2))
    pivot.update("accounts", {"balance": 0}, one(2))
    late.update("accounts", {"balance": 0}, one(1))
    early.insert("pairs", {"left": 1, "right": 1})
    late.commit()
    early.commit()
    assert pivot.select("accounts", one(9)) == []
    with pytest.raises(SerializationFailure):
        pivot.select("accounts", one(1))


@pytest.mark.parametrize("isolation", STRICT)
def test_a_row_that_moved_on_is_refused_and_not_skipped_though_another_holds_it(isolation):
    bank = Bank()
    late = bank.begin("late", isolation)
    late.select("accounts")
    bank.do(1, 11)
    bank.begin().select("accounts", one(1), lock="update")
    with pytest.raises(SerializationFailure):
        late.select("accounts", one(1), lock="skip_locked")


@pytest.mark.parametrize("isolation", STRICT)
def test_a_row_that_another_has_changed_and_not_committed_is_skipped(isolation):
    bank = Bank()
    late = bank.begin("late", isolation)
    late.select("accounts")
    bank.begin().update("accounts", {"balance": 0}, one(1))
    assert ids(late.select("accounts", one(1), lock="skip_locked")) == []


def test_a_scan_of_a_table_conflicts_with_every_insert_into_it():
    """One that an index answers does not conflict with a change of a row that it did not look at."""
    for question, refused in [(("kind", "=", "y"), True), (one(3), False)]:
        bank = Bank()
        reader, writer = bank.begin("reader", "serializable"), bank.begin("writer", "serializable")
        reader.select("accounts", question)
        writer.select("accounts", one(2))
        writer.update("accounts", {"balance": 0}, one(1))
        reader.update("accounts", {"balance": 0}, one(2))
        assert writer.commit()
        assert is_refused(reader) == refused


def test_more_than_two_rows_of_a_page_are_remembered_as_the_page():
    for read, refused in [((2, 3), False), ((2, 3, 4), True)]:
        bank = Bank()
        filler = bank.begin()
        filler.insert("accounts", {"id": 4, "balance": 0})
        filler.commit()
        reader, writer = bank.begin("reader", "serializable"), bank.begin("writer", "serializable")
        reader.select("accounts", ("id", "in", read))
        writer.select("pairs")
        writer.update("accounts", {"balance": 0}, one(1))
        reader.insert("pairs", {"left": 1, "right": 1})
        assert writer.commit()
        assert is_refused(reader) == refused


def test_a_new_key_conflicts_with_every_reader_by_that_index_and_a_new_value_beside_it_does_not():
    for change, refused in [({"email": "new"}, True), ({"balance": 0}, False)]:
        bank = Bank()
        reader, writer = bank.begin("reader", "serializable"), bank.begin("writer", "serializable")
        reader.select("accounts", ("email", "=", "c"))
        writer.select("pairs")
        writer.update("accounts", change, one(1))
        reader.insert("pairs", {"left": 1, "right": 1})
        assert writer.commit()
        assert is_refused(reader) == refused


def test_a_scan_does_not_conflict_with_what_was_written_and_deleted_before_it_began():
    bank = Bank()
    old, writer = bank.begin("old", "serializable"), bank.begin("writer", "serializable")
    old.select("pairs")
    writer.update("accounts", {"balance": 0}, one(2))
    writer.delete("accounts", one(2))
    assert writer.commit()
    late = bank.begin("late", "serializable")
    late.select("accounts", ("balance", ">", 0))
    old.select("accounts", one(2))
    assert late.insert("accounts", {"id": 6, "balance": 1}) is not None
    assert late.commit()


@pytest.mark.parametrize(("is_early", "refused"), [(0, False), (1, True)])
def test_one_that_is_woken_may_find_what_the_ended_transaction_read(is_early, refused):
    """The reader wrote nothing, which makes it harmless once that is known."""
    bank = Bank()
    bank.server._databases["bank"].locks.early = lambda size: is_early
    reader, writer, first = (bank.begin(name, "serializable") for name in ("reader", "writer", "first"))
    reader.select("accounts", one(1), lock="update")
    writer.select("pairs", ("left", "=", 1))
    waiting = writer.update("accounts", {"balance": 0}, one(1))
    first.insert("pairs", {"left": 2, "right": 2})
    assert first.commit()
    assert reader.commit()
    if refused:
        with pytest.raises(SerializationFailure):
            answer_of(waiting)
    else:
        assert answer_of(waiting) == 1
