"""Prepared transactions of the simulated database: they belong to the server, and keep their locks."""

from __future__ import annotations

import pytest

from shaketable.ports import CheckViolation, NotPrepared, TransactionAborted, UniqueViolation
from tests.unit.sim_database.bank import Bank, answer_of, is_waiting

ONE = ("id", "=", 1)


def prepared(bank: Bank, name: str = "one") -> None:
    transaction = bank.begin("client-1")
    transaction.update("accounts", {"balance": 4}, ONE)
    assert transaction.prepare(name)


def end(bank: Bank, name: str, *, commit: bool) -> None:
    bank.server.end_prepared("bank", name, "client-2", commit=commit)


def test_it_is_seen_once_it_is_committed():
    bank = Bank()
    prepared(bank)
    assert bank.balances()[1] == 10
    end(bank, "one", commit=True)
    assert bank.balances()[1] == 4
    assert [name for _, _, name, _ in bank.written] == ["prepare_transaction", "commit"]
    assert bank.written[-1][3]["prepared"] == "one"


def test_it_keeps_its_locks_through_crashes_of_client_and_server():
    bank = Bank()
    prepared(bank)
    bank.server.disconnect("client-1")
    bank.server.crash()
    assert bank.server.prepared("bank") == ["one"]
    other = bank.begin("client-2")
    waiting = other.update("accounts", {"balance": ("+", -1)}, ONE)
    assert is_waiting(waiting)
    end(bank, "one", commit=True)
    assert answer_of(waiting) == 1
    assert other.commit()
    assert bank.balances()[1] == 3


def test_it_leaves_nothing_when_it_is_rolled_back():
    bank = Bank()
    prepared(bank)
    end(bank, "one", commit=False)
    assert bank.balances()[1] == 10
    assert bank.written[-1][2] == "rollback_prepared"
    with pytest.raises(NotPrepared):
        end(bank, "one", commit=True)


def test_a_name_is_taken_once():
    bank = Bank()
    prepared(bank)
    other = bank.begin("client-2")
    other.update("accounts", {"balance": 3}, ("id", "=", 2))
    with pytest.raises(UniqueViolation):
        other.prepare("one")
    end(bank, "one", commit=True)
    assert bank.balances() == {1: 4, 2: 20, 3: 30}


def test_one_that_failed_is_rolled_back_instead():
    bank = Bank()
    failed = bank.begin("client-1")
    with pytest.raises(CheckViolation):
        failed.update("accounts", {"balance": -1}, ONE)
    with pytest.raises(TransactionAborted):
        failed.select("accounts")
    assert not failed.prepare("one")
    assert bank.server.prepared("bank") == []
