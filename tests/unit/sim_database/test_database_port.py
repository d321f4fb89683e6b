"""The port: which message each call sends, and what becomes of a transaction whose messages are lost."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest

from shaketable.ports import ConnectionLost, Refused, Timeout, TransactionAborted, UniqueViolation
from shaketable.sim.database import DatabasePort, DatabaseServer
from shaketable.subject import DatabaseSpec, Table
from tests.unit.sim_database.bank import ACCOUNTS


class Line:
    """A channel that remembers what crossed and loses what it is told to lose."""

    def __init__(self, sender: str = "shop") -> None:
        self.sender = sender
        self.alive = True
        self.calm = False
        self.crossed: list[tuple[str, str, bool]] = []
        self.lost: dict[tuple[str, str], Exception] = {}
        self.on_request: Callable[[str], None] = lambda verb: None

    async def cross(self, verb, key, effect, *, counted=True, timeout_ms=None):
        self.crossed.append((verb, key, counted))
        self.on_request(verb)
        if (verb, "request") in self.lost:
            raise self.lost[verb, "request"]
        result = effect()
        if isinstance(result, asyncio.Future):
            result = await result
        if (verb, "reply") in self.lost:
            raise self.lost[verb, "reply"]
        await asyncio.sleep(0)
        return result


class Stage:
    def __init__(self) -> None:
        self.effects: list[object] = []
        self.server = DatabaseServer(
            "postgres",
            [DatabaseSpec("bank", (ACCOUNTS, Table("outbox", ("id",), serial="id")))],
            oracle=lambda *event: self.effects.append(event),
            make_future=asyncio.get_running_loop().create_future,
        )
        self.line = Line()
        self.port = self.port_of(self.line)

    def port_of(self, line: Line) -> DatabasePort:
        return DatabasePort(self.server, "bank", line, polls=frozenset({("SELECT", "outbox")}))

    def balance(self, number: int = 1) -> object:
        return next(row["balance"] for row in self.server.rows("bank", "accounts") if row["id"] == number)


def on_stage(test: Callable[[Stage], Awaitable[None]]) -> Callable[[], None]:
    async def play() -> None:
        await test(Stage())

    def run() -> None:
        asyncio.run(play())

    run.__name__ = test.__name__
    return run


@on_stage
async def test_each_statement_is_one_message_and_the_commit_names_the_tables_written(stage):
    async with stage.port.transaction() as tx:
        assert await tx.insert("outbox", {"event": "a"}) == {"id": 1, "event": "a"}
        assert len(await tx.select("accounts", ("kind", "=", "x"))) == 2
        assert await tx.update("accounts", {"balance": ("+", 1)}, ("id", "=", 1)) == 1
        assert await tx.delete("accounts", ("id", "=", 2)) == 1
    assert stage.line.crossed == [
        ("INSERT", "outbox", True),
        ("SELECT", "accounts", True),
        ("UPDATE", "accounts", True),
        ("DELETE", "accounts", True),
        ("COMMIT", "accounts,outbox", True),
    ]
    assert stage.balance() == 11


@on_stage
async def test_polls_and_commits_without_writes_are_not_counted(stage):
    async with stage.port.transaction() as tx:
        await tx.select("outbox")
        await tx.insert("accounts", {"id": 1, "balance": 0}, on_conflict="ignore")
        assert await tx.update("accounts", {"balance": 0}, ("id", "=", 99)) == 0
    assert [m for m in stage.line.crossed if not m[2]] == [("SELECT", "outbox", False), ("COMMIT", "", False)]


@on_stage
async def test_a_poll_that_found_rows_is_an_effect(stage):
    async with stage.port.transaction() as tx:
        await tx.select("outbox")
        await tx.insert("outbox", {"event": "a"})
        await tx.select("outbox")
        await tx.select("accounts")
    assert ("effect", "shop", "poll", {"db": "bank", "table": "outbox", "rows": 1}) in stage.effects
    assert len(stage.effects) == 2


@on_stage
async def test_an_error_of_the_block_rolls_back_and_comes_out(stage):
    async def block() -> None:
        async with stage.port.transaction() as tx:
            await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
            await tx.insert("accounts", {"id": 2, "balance": 0})

    with pytest.raises(UniqueViolation):
        await block()
    assert stage.line.crossed[-1] == ("ROLLBACK", "", False)
    assert stage.balance() == 10


@on_stage
async def test_an_error_of_the_block_comes_out_even_if_the_rollback_is_lost(stage):
    stage.line.lost["ROLLBACK", "request"] = Timeout()

    async def block() -> None:
        async with stage.port.transaction() as tx:
            await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
            raise KeyError("mine")

    with pytest.raises(KeyError):
        await block()
    async with stage.port_of(Line("other")).transaction() as tx:
        assert await tx.update("accounts", {"balance": 5}, ("id", "=", 1)) == 1


@pytest.mark.parametrize("error", [Timeout, ConnectionLost, Refused])
@pytest.mark.parametrize("leg", ["request", "reply"])
def test_a_lost_statement_takes_the_connection_with_it(error, leg):
    async def play() -> None:
        stage = Stage()
        stage.line.lost["UPDATE", leg] = error("lost")
        tx = stage.port.transaction()
        await tx.insert("outbox", {"event": "a"})
        with pytest.raises(error):
            await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
        crossed = len(stage.line.crossed)
        with pytest.raises(ConnectionLost):
            await tx.select("accounts")
        with pytest.raises(ConnectionLost):
            await tx.__aexit__(None, None, None)
        assert len(stage.line.crossed) == crossed
        assert stage.balance() == 10
        assert stage.effects == []
        other = stage.server.begin("bank", "other")
        assert other.update("accounts", {"balance": 5}, ("id", "=", 1)) == 1

    asyncio.run(play())


@on_stage
async def test_a_commit_lost_on_its_way_did_not_happen_and_one_lost_on_its_way_back_did(stage):
    for leg, after in [("request", 10), ("reply", 0)]:
        stage.line.lost = {("COMMIT", leg): Timeout()}
        with pytest.raises(Timeout):
            async with stage.port.transaction() as tx:
                await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
        assert stage.balance() == after


@on_stage
async def test_a_statement_that_arrives_after_its_client_gave_up_is_void(stage):
    late = []

    class Slow(Line):
        async def cross(self, verb, key, effect, *, counted=True, timeout_ms=None):
            late.append(effect)
            raise Timeout

    with pytest.raises(Timeout):
        async with stage.port_of(Slow()).transaction() as tx:
            await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
    with pytest.raises(ConnectionLost):
        late[0]()
    assert stage.server.begin("bank", "other").update("accounts", {"balance": 1}, ("id", "=", 1)) == 1


@on_stage
async def test_a_statement_waits_for_a_lock_through_the_port(stage):
    async def add(port: DatabasePort) -> None:
        async with port.transaction() as tx:
            await tx.update("accounts", {"balance": ("+", 1)}, ("id", "=", 1))
            await asyncio.sleep(0)

    await asyncio.gather(*(add(stage.port_of(Line(f"s{n}"))) for n in range(5)))
    assert stage.balance() == 15


@on_stage
async def test_a_cancelled_wait_leaves_the_queue_and_rolls_back(stage):
    holder = stage.server.begin("bank", "holder")
    holder.update("accounts", {"balance": 0}, ("id", "=", 1))

    async def wait() -> None:
        async with stage.port.transaction() as tx:
            await tx.update("accounts", {"balance": 1}, ("id", "=", 2))
            await tx.update("accounts", {"balance": 1}, ("id", "=", 1))

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert stage.line.crossed[-1] == ("UPDATE", "accounts", True)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    holder.commit()
    assert (stage.balance(1), stage.balance(2)) == (0, 20)
    assert stage.line.crossed[-1] == ("ROLLBACK", "", False)


@on_stage
async def test_a_block_that_survives_a_cancelled_statement_finds_its_transaction_aborted(stage):
    holder = stage.server.begin("bank", "holder")
    holder.update("accounts", {"balance": 0}, ("id", "=", 1))
    async with stage.port.transaction() as tx:
        waiting = asyncio.create_task(tx.update("accounts", {"balance": 1}, ("id", "=", 1)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(TransactionAborted):
            await tx.select("accounts")


@on_stage
async def test_a_server_crash_in_the_block_is_a_lost_connection(stage):
    stage.line.on_request = lambda verb: stage.server.crash() if verb == "COMMIT" else None
    with pytest.raises(ConnectionLost):
        async with stage.port.transaction() as tx:
            await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
    assert stage.balance() == 10


@on_stage
async def test_a_swallowed_statement_error_makes_the_commit_a_silent_rollback(stage):
    async with stage.port.transaction() as tx:
        await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
        with pytest.raises(UniqueViolation):
            await tx.insert("accounts", {"id": 2, "balance": 0})
    assert stage.balance() == 10
    assert stage.effects == []


@on_stage
async def test_a_block_that_is_over_sends_nothing_more(stage):
    async with stage.port.transaction() as tx:
        await tx.select("accounts")
    with pytest.raises(ConnectionLost):
        await tx.insert("outbox", {"event": "late"})


@on_stage
async def test_a_dead_incarnation_is_disposed_of_without_a_trace(stage):
    """After a power cut its coroutine is closed; the clean-up code that then runs finds inert ports."""
    cleaned = []

    async def service() -> None:
        async with stage.port.transaction() as tx:
            try:
                await tx.update("accounts", {"balance": 0}, ("id", "=", 1))
                await asyncio.get_running_loop().create_future()
            finally:
                cleaned.append(True)
                await tx.insert("outbox", {"event": "never"})

    coroutine = service()
    coroutine.send(None)  # up to the end of the update
    coroutine.send(None)  # up to a future that will never be resolved
    stage.line.alive = False
    stage.server.disconnect("shop")
    crossed = len(stage.line.crossed)
    coroutine.close()
    gc.collect()
    assert cleaned == [True]
    assert len(stage.line.crossed) == crossed
    assert stage.balance() == 10
    assert stage.effects == []
