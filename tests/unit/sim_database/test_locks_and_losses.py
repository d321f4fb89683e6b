"""Deadlocks, lost clients, lost power, what the oracle hears, and that old versions go away."""

import pytest

from shaketable.ports import ConnectionLost, DeadlockDetected, TransactionAborted
from tests.unit.sim_database.bank import Bank, answer_of, is_waiting


def lock(t, number):
    return t.select("accounts", ("id", "=", number), lock="update")


def test_the_wait_that_closes_a_cycle_is_refused_at_once():
    bank = Bank()
    first, second, third = bank.begin("1"), bank.begin("2"), bank.begin("3")
    for n, t in enumerate((first, second, third), start=1):
        lock(t, n)
    waits = lock(first, 2), lock(second, 3)
    with pytest.raises(DeadlockDetected):
        lock(third, 1)
    assert is_waiting(waits[0])
    assert answer_of(waits[1])
    with pytest.raises(TransactionAborted):
        third.select("accounts")
    second.commit()
    assert answer_of(waits[0])


def test_a_waiter_that_goes_on_into_a_cycle_learns_it_through_its_future():
    bank = Bank()
    first, second, third = bank.begin("1"), bank.begin("2"), bank.begin("3")
    lock(first, 1)
    lock(third, 3)
    lock(second, 2)
    waiting = first.update("accounts", {"kind": "w"}, ("id", "in", (1, 2, 3)))
    other = lock(third, 1)
    assert is_waiting(waiting)
    assert is_waiting(other)
    second.rollback()
    with pytest.raises(DeadlockDetected):
        answer_of(waiting)
    assert answer_of(other)


def test_a_chain_of_waits_without_a_cycle_is_no_deadlock():
    bank = Bank()
    first, second, third = bank.begin("1"), bank.begin("2"), bank.begin("3")
    lock(first, 1)
    lock(second, 2)
    waits = lock(second, 1), lock(third, 2)
    assert all(map(is_waiting, waits))
    first.rollback()
    second.commit()
    assert all(map(answer_of, waits))


def test_a_disconnected_client_gives_up_everything():
    bank = Bank()
    gone, stays = bank.begin("gone"), bank.begin("stays")
    gone.update("accounts", {"balance": 0}, ("id", "=", 1))
    waiting = stays.update("accounts", {"balance": ("+", 1)}, ("id", "=", 1))
    bank.server.disconnect("gone")
    assert answer_of(waiting) == 1
    with pytest.raises(ConnectionLost):
        gone.select("accounts")
    with pytest.raises(ConnectionLost):
        gone.commit()
    stays.commit()
    assert bank.balances()[1] == 11


def test_a_disconnected_client_leaves_the_queue():
    bank = Bank()
    holder, gone, stays = bank.begin("holder"), bank.begin("gone"), bank.begin("stays")
    lock(holder, 1)
    waits = lock(gone, 1), lock(stays, 1)
    bank.server.disconnect("gone")
    with pytest.raises(ConnectionLost):
        answer_of(waits[0])
    holder.commit()
    assert answer_of(waits[1])


def test_two_transactions_of_one_lost_client_do_not_hand_locks_to_each_other():
    bank = Bank()
    one, two, stays = bank.begin("gone"), bank.begin("gone"), bank.begin("stays")
    lock(one, 1)
    waits = lock(two, 1), lock(stays, 1)
    bank.server.disconnect("gone")
    with pytest.raises(ConnectionLost):
        answer_of(waits[0])
    assert answer_of(waits[1])


def test_a_crash_keeps_what_was_committed_and_nothing_else():
    bank = Bank()
    first, second = bank.begin("1"), bank.begin("2")
    bank.do(2, 0)
    first.update("accounts", {"balance": 0}, ("id", "=", 1))
    waiting = second.update("accounts", {"balance": 1}, ("id", "=", 1))
    bank.server.crash()
    with pytest.raises(ConnectionLost):
        answer_of(waiting)
    for t in (first, second):
        with pytest.raises(ConnectionLost):
            t.commit()
        t.rollback()
    assert bank.balances() == {1: 10, 2: 0, 3: 30}
    bank.do(1, 5)
    assert bank.balances()[1] == 5


def test_a_cancelled_statement_fails_its_transaction():
    bank = Bank()
    holder, t = bank.begin("holder"), bank.begin("t")
    lock(holder, 1)
    t.update("accounts", {"balance": 0}, ("id", "=", 2))
    lock(t, 1)
    t.cancel()
    with pytest.raises(TransactionAborted):
        t.select("accounts")
    assert bank.begin().update("accounts", {"balance": 1}, ("id", "=", 2)) == 1


def test_one_transaction_runs_one_statement_at_a_time():
    bank = Bank()
    holder, t = bank.begin("holder"), bank.begin("t")
    lock(holder, 1)
    lock(t, 1)
    with pytest.raises(RuntimeError):
        t.select("accounts")


def test_the_oracle_hears_of_each_commit_that_wrote_in_order():
    bank = Bank()
    reader = bank.begin("reader")
    reader.select("accounts", lock="update")
    reader.commit()
    t = bank.begin("writer")
    t.insert("outbox", {"event": "a"})
    t.update("outbox", {"event": "b"}, ("id", "=", 1))
    t.delete("accounts", ("id", "=", 3))
    t.insert("accounts", {"id": 1, "balance": 0}, on_conflict="ignore")
    assert bank.written == []
    t.commit()
    lost = bank.begin("lost")
    lost.insert("outbox", {"event": "c"})
    lost.rollback()
    assert bank.written == [
        (
            "effect",
            "writer",
            "commit",
            {
                "db": "bank",
                "writes": [
                    ["insert", "outbox", {"event": "a", "id": 1}],
                    ["update", "outbox", {"event": "b", "id": 1}],
                    ["delete", "accounts", {"id": 3, "email": "c", "balance": 30, "kind": "y"}],
                ],
            },
        )
    ]


def test_the_oracle_hears_of_polls_that_found_rows():
    bank = Bank()
    bank.begin("relay").select("accounts", ("kind", "=", "none"), poll=True)
    bank.begin("relay").select("accounts", ("kind", "=", "x"), poll=True)
    assert bank.written == [("effect", "relay", "poll", {"db": "bank", "table": "accounts", "rows": 2})]


def test_initial_rows_are_announced_once_per_table_that_has_any():
    bank = Bank()
    bank.server.announce()
    (event,) = bank.written
    assert event[:3] == ("state", "postgres", "rows")
    assert event[3] == {"db": "bank", "table": "accounts", "rows": bank.rows()}


def test_old_versions_go_when_no_snapshot_needs_them():
    bank = Bank()
    old = bank.begin("old", "repeatable read")
    old.select("accounts")
    for balance in range(20):
        bank.do(1, balance)
    deleting = bank.begin()
    deleting.delete("accounts", ("id", "=", 2))
    deleting.commit()
    assert old.select("accounts", ("id", "=", 1))[0]["balance"] == 10
    assert old.select("accounts", ("id", "=", 2))[0]["balance"] == 20
    old.commit()
    table = bank.server._databases["bank"].tables["accounts"]
    assert [len(list(stored.versions())) for stored in table.rows] == [1, 1]
    assert len(table.unique[0].entries) == 2


def test_an_index_that_appears_late_agrees_with_a_scan():
    bank = Bank()
    held = bank.begin("held", "repeatable read")
    assert held.select("outbox") == []
    t = bank.begin()
    for n in range(40):
        t.insert("outbox", {"status": "pending" if n % 10 == 0 else "done"})
    t.commit()
    t = bank.begin()
    assert [row["id"] for row in t.select("outbox", ("status", "=", "pending"))] == [1, 11, 21, 31]
    t.update("outbox", {"status": "done"}, ("id", "=", 11))
    t.update("outbox", {"status": "pending"}, ("id", "=", 5))
    assert [row["id"] for row in t.select("outbox", ("status", "=", "pending"))] == [1, 21, 31, 5]
    other = bank.begin()
    assert [row["id"] for row in other.select("outbox", ("status", "=", "pending"))] == [1, 11, 21, 31]
    t.rollback()
    assert [row["id"] for row in other.select("outbox", ("status", "=", "pending"))] == [1, 11, 21, 31]
    assert held.select("outbox", ("status", "=", "pending")) == []


def test_waiters_on_different_rows_go_on_in_the_order_they_began_to_wait():
    bank = Bank()
    holder, early, late = bank.begin("holder"), bank.begin("early"), bank.begin("late")
    holder.select("accounts", ("id", "<", 3), lock="update")
    waits = (
        early.update("accounts", {"kind": "e"}, ("id", "in", (2, 3))),
        late.update("accounts", {"kind": "l"}, ("id", "in", (1, 3))),
    )
    holder.commit()
    assert answer_of(waits[0]) == 2
    assert is_waiting(waits[1])
