"""Who made a commit is told by PostgreSQL itself, whatever else commits to the same tables at the same time."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shaketable.history import History
from shaketable.real.clock import RunClock
from shaketable.real.oracles.database import DatabaseOracle
from shaketable.real.oracles.oracle import Seen
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.postgres import PostgresFramer
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import DatabaseSpec, Part, System, Table
from tests.processes.started import POSTGRES, needs_the_extra, run, started

DDL = "CREATE TABLE outbox (id text PRIMARY KEY, state text); CREATE TABLE lock (id text PRIMARY KEY)"
RELAYS = ("relay-1", "relay-2")
SECRET = "CREATE ROLE plain LOGIN; GRANT ALL ON outbox TO plain"

pytestmark = needs_the_extra


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


class Shared:
    """A database that two relays use, each by its own edge."""

    def __init__(self, oracle: DatabaseOracle, board: Switchboard, edges: dict[str, Edge]) -> None:
        self.oracle = oracle
        self.board = board
        self.edges = edges
        self.connections: list[asyncpg.Connection] = []

    async def connect(self, relay: str, user: str = "postgres") -> asyncpg.Connection:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.edges[relay].port, user=user, database="shop", ssl=False
        )
        self.connections.append(connection)
        return connection

    async def writers(self) -> dict[str, str]:
        """Return who wrote each row that was inserted."""
        seen = await self.oracle.read(Seen(RunClock(1), self.board))
        return {
            row["id"]: "unknown" if one.value.get("writer") == "unknown" else one.process
            for one in seen
            for verb, _, row in one.value["writes"]
            if verb == "insert"
        }


@asynccontextmanager
async def shared(relays: tuple[str, ...] = RELAYS) -> AsyncIterator[Shared]:
    system = System(
        parts=tuple(Part(name, lambda _: pytest.fail("never started"), "shop") for name in relays),
        perform=lambda *_: pytest.fail("never asked"),
        databases=(DatabaseSpec("shop", (Table("outbox", ("id",)),)),),
        schema={"shop": DDL},
    )
    async with started(POSTGRES) as launcher:
        board = Switchboard(NoPower(), lambda: 0, lambda key: key)
        board.begin(History(), frozenset(), trace=False)
        oracle = DatabaseOracle(system, "postgres", lambda: launcher.address("postgres"))
        edges = {}
        try:
            await oracle.open()
            await oracle.watch()
            for relay in relays:

                def framer(relay: str = relay) -> PostgresFramer:
                    return PostgresFramer(lambda name: board.sessions.update({("postgres", name): relay}))

                edges[relay] = Edge(relay, "postgres", launcher.address("postgres"), framer, board)
                await edges[relay].open()
            await oracle.begin()
            found = Shared(oracle, board, edges)
            yield found
            for connection in found.connections:
                await connection.close()
        finally:
            for edge in edges.values():
                await edge.close()
            await oracle.close()


def test_two_relays_that_commit_in_turns_are_told_apart():
    async def story() -> None:
        async with shared() as at:
            chance, expected = random.Random(7), {}
            connections = {relay: await at.connect(relay) for relay in RELAYS}
            for n in range(30):
                begun = {relay: connections[relay].transaction() for relay in RELAYS}
                order = chance.sample(RELAYS, 2)
                for relay in order:
                    await begun[relay].start()
                    await connections[relay].execute("INSERT INTO outbox VALUES ($1, 'new')", f"{n}/{relay}")
                    expected[f"{n}/{relay}"] = relay
                for relay in chance.sample(RELAYS, 2):
                    await begun[relay].commit()
            assert await at.writers() == expected

    run(story())


def test_every_connection_of_a_pool_is_its_process_s():
    async def story() -> None:
        async with shared() as at:
            pool = [await at.connect("relay-1") for _ in range(4)]
            other = await at.connect("relay-2")
            for n, connection in enumerate([*pool, other, *reversed(pool)]):
                await connection.execute("INSERT INTO outbox VALUES ($1, 'new')", str(n))
            assert await at.writers() == {str(n): "relay-2" if n == 4 else "relay-1" for n in range(9)}

    run(story())


def test_a_commit_whose_answer_is_lost_is_known_all_the_same():
    async def story() -> None:
        async with shared() as at:
            first, second = await at.connect("relay-1"), await at.connect("relay-2")
            await first.execute("BEGIN; INSERT INTO outbox VALUES ('1', 'new')")
            await second.execute("INSERT INTO outbox VALUES ('2', 'new')")
            first.terminate()
            await (await at.connect("relay-1")).execute("INSERT INTO outbox VALUES ('3', 'new')")
            assert await at.writers() == {"2": "relay-2", "3": "relay-1"}

    run(story())


def test_a_role_needs_no_right_for_it_and_an_update_of_nothing_says_nothing():
    async def story() -> None:
        async with shared() as at:
            await (await at.connect("relay-2")).execute(SECRET)
            plain = await at.connect("relay-1", "plain")
            await plain.execute("UPDATE outbox SET state = 'sent' WHERE id = 'none'")
            await plain.execute("INSERT INTO outbox VALUES ('1', 'new')")
            assert await at.writers() == {"1": "relay-1"}

    run(story())


def test_a_savepoint_that_is_rolled_back_takes_no_writer_away():
    async def story() -> None:
        async with shared() as at:
            relay = await at.connect("relay-2")
            for n in ("1", "2"):
                async with relay.transaction():
                    await relay.execute("SAVEPOINT s")
                    await relay.execute("INSERT INTO outbox VALUES ('lost', 'new')")
                    await relay.execute("ROLLBACK TO s")
                    await relay.execute("INSERT INTO outbox VALUES ($1, 'new')", n)
            assert await at.writers() == {"1": "relay-2", "2": "relay-2"}

    run(story())


def test_a_table_that_came_later_leaves_its_writer_unknown():
    async def story() -> None:
        async with shared() as at:
            relay = await at.connect("relay-1")
            await relay.execute("CREATE TABLE later (id text PRIMARY KEY)")
            await relay.execute("INSERT INTO later VALUES ('1')")
            await relay.execute(
                "BEGIN; INSERT INTO later VALUES ('2'); INSERT INTO lock VALUES ('3'); COMMIT"
            )
            assert await at.writers() == {"1": "unknown", "2": "relay-1", "3": "relay-1"}

    run(story())


def test_what_connects_past_the_tap_is_unknown():
    async def story() -> None:
        async with shared() as at:
            await at.connect("relay-1")
            host, port = at.edges["relay-1"].upstream
            past = await asyncpg.connect(host=host, port=port, user="postgres", database="shop", ssl=False)
            await past.execute("INSERT INTO outbox VALUES ('1', 'new')")
            await past.close()
            assert await at.writers() == {"1": "unknown"}

    run(story())


def test_one_part_alone_needs_no_word_of_the_server():
    async def story() -> None:
        async with shared(("order",)) as at:
            order = await at.connect("order")
            await order.execute("CREATE TABLE later (id text PRIMARY KEY)")
            await order.execute("INSERT INTO later VALUES ('1')")
            assert await at.writers() == {"1": "order"}
            triggers = await order.fetchval("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
            assert triggers == 0

    run(story())
