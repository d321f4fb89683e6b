"""A transaction that its server rolls back by itself, as the port's client sees it."""

from __future__ import annotations

import pytest

from shaketable.ports import DeadlockDetected, Errors, SerializationFailure, TransactionAborted
from shaketable.sim.channel import Revocable
from shaketable.sim.database import DatabasePort
from tests.unit.sim_database.test_database_port import Line, Stage, on_stage

ONE = ("id", "=", 1)


class Revoking(Line):
    """A channel at which one verb rolls its transaction back; `landed` says whether it could."""

    def __init__(self, verb: str, sqlstate: str = "40001") -> None:
        super().__init__()
        self.verb = verb
        self.sqlstate = sqlstate
        self.landed: list[bool] = []

    async def cross(self, verb, key, effect, *, counted=True, timeout_ms=None):
        if verb == self.verb:
            assert isinstance(effect, Revocable)
            instead = effect.rolled_back(self.sqlstate)
            self.landed.append(instead is not None)
            effect = instead or effect
        return await super().cross(verb, key, effect, counted=counted, timeout_ms=timeout_ms)


@pytest.mark.parametrize(
    ("sqlstate", "error"), [("40001", SerializationFailure), ("40P01", DeadlockDetected)]
)
def test_a_statement_raises_the_error_and_its_transaction_is_over(sqlstate, error):
    @on_stage
    async def play(stage: Stage) -> None:
        line = Revoking("DELETE", sqlstate)
        async with stage.port_of(line).transaction() as t:
            await t.update("accounts", {"balance": 0}, ONE)
            with pytest.raises(error):
                await t.delete("accounts", ONE)
            with pytest.raises(TransactionAborted):
                await t.update("accounts", {"balance": 1}, ONE)
            async with stage.port_of(Line("other")).transaction() as other:
                assert await other.update("accounts", {"balance": 5}, ONE) == 1
        assert stage.balance() == 5
        assert line.landed == [True]

    play()


def test_a_first_statement_that_fails_has_begun_its_transaction():
    @on_stage
    async def play(stage: Stage) -> None:
        async with stage.port_of(Revoking("DELETE")).transaction() as t:
            with pytest.raises(SerializationFailure):
                await t.delete("accounts", ONE)
            with pytest.raises(TransactionAborted):
                await t.select("accounts")

    play()


def test_a_commit_raises_the_error_and_nothing_is_left_of_its_transaction():
    @on_stage
    async def play(stage: Stage) -> None:
        transaction = stage.port_of(Revoking("COMMIT")).transaction()
        with pytest.raises(SerializationFailure):
            async with transaction as t:
                await t.update("accounts", {"balance": 0}, ONE)
        async with stage.port_of(Line("other")).transaction() as other:
            assert await other.update("accounts", {"balance": ("+", 1)}, ONE) == 1
        assert stage.balance() == 11

    play()


def test_a_transaction_that_has_failed_cannot_be_rolled_back_once_more():
    @on_stage
    async def play(stage: Stage) -> None:
        line = Revoking("DELETE")
        async with stage.port_of(line).transaction() as t:
            for error in (SerializationFailure, TransactionAborted):
                with pytest.raises(error):
                    await t.delete("accounts", ONE)
        assert line.landed == [True, False]

    play()


def test_a_service_gets_the_error_as_its_own_type():
    class Mine(Exception):
        pass

    @on_stage
    async def play(stage: Stage) -> None:
        port = DatabasePort(
            stage.server, "bank", Revoking("DELETE"), errors=Errors(serialization_failure=Mine)
        )
        async with port.transaction() as t:
            with pytest.raises(Mine):
                await t.delete("accounts", ONE)

    play()
