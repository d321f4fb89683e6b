"""The database port means the same on the model and on PostgreSQL behind the tap, also when something goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from shaketable.fault import Crash, Cut, Drop, Fault
from shaketable.history import Json
from tests.processes.port_contract import RealPorts, Story, in_simulation, raised
from tests.processes.started import needs_the_extra

pytestmark = needs_the_extra

WHILE_MS = 100
"""Long enough for a statement to reach the server and wait there, shorter than the timeout."""


@pytest.fixture(scope="module")
def real() -> Iterator[RealPorts]:
    ports = RealPorts()
    ports.open()
    yield ports
    ports.close()


def both(real: RealPorts, story: Story, *faults: Fault) -> Json:
    """Return what the service sees, the same in both worlds, at the same boundaries."""
    simulated = in_simulation(story, *faults)
    seen = real.play(story, *faults)
    assert seen == simulated
    return seen.outcome


def thing(name: str, n: int | None = 1, code: str | None = None) -> dict[str, Any]:
    return {"name": name, "n": n, "code": name if code is None else code}


async def put(ports: Any, *things: dict[str, Any]) -> None:
    async with ports.database.transaction() as tx:
        for row in things:
            await tx.insert("things", row)


async def look(ports: Any, *where: Any, **how: Any) -> list[dict[str, Any]]:
    async with ports.database.transaction() as tx:
        rows: list[dict[str, Any]] = await tx.select("things", *where, **how)
    return rows


def names(rows: list[dict[str, Any]]) -> str:
    return " ".join(str(row["name"]) for row in rows)


def test_an_insert_gives_back_the_stored_row_with_its_serial(real):
    async def story(ports: Any) -> Json:
        async with ports.database.transaction() as tx:
            first = await tx.insert("things", thing("a"))
            second = await tx.insert("things", {"name": "b", "code": None, "n": None}, on_conflict="ignore")
        return first, second

    first, second = both(real, story)
    assert first == {"name": "a", "id": 1, "code": "a", "n": 1}
    assert second == {"name": "b", "id": 2, "code": None, "n": None}


def test_a_row_that_is_there_is_an_error_or_ignored_as_asked_for(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a"))
        async with ports.database.transaction() as tx:
            ignored = await tx.insert("things", thing("a", 2), on_conflict="ignore")
            other_key = await tx.insert("things", thing("b", code="a"), on_conflict="ignore")
        return ignored, other_key, await raised(put(ports, thing("c"), thing("a"))), names(await look(ports))

    assert both(real, story) == (None, None, "UniqueViolation", "a")


def test_updates_add_under_conditions_and_count_their_rows(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a", 1), thing("b", 5), thing("c", 9))
        async with ports.database.transaction() as tx:
            counts = [
                await tx.update("things", {"n": ("+", 2)}, ("n", ">=", 5)),
                await tx.update("things", {"n": 0, "code": None}, ("name", "in", ["a", "x"])),
                await tx.update("things", {"n": 7}, ("name", "=", "nobody")),
                await tx.delete("things", ("n", "<", 1)),
            ]
        return counts, [row["n"] for row in await look(ports, order_by=("name",))]

    assert both(real, story) == ([2, 1, 0, 1], [7, 11])


def test_a_check_holds_and_takes_the_transaction_with_it(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a", 1))

        async def overdraw() -> None:
            async with ports.database.transaction() as tx:
                await tx.insert("things", thing("b"))
                await tx.update("things", {"n": ("+", -2)}, ("name", "=", "a"))

        return await raised(overdraw()), names(await look(ports))

    assert both(real, story) == ("CheckViolation", "a")


def test_conditions_orders_and_limits(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("b", 2), thing("a", 2), thing("B", None), thing("c", 1))
        return [
            names(await look(ports, order_by=("name",))),
            names(await look(ports, order_by=("n", "-name"))),
            names(await look(ports, order_by=("-n", "name"), limit=2)),
            names(await look(ports, ("n", "!=", 1), order_by=("name",))),
            names(await look(ports, ("n", "=", None))),
            names(await look(ports, ("n", "!=", None), ("n", "<=", 1))),
            names(await look(ports, ("name", "in", ()))),
        ]

    assert both(real, story) == ["B a b c", "c b a B", "B a", "a b", "B", "c", ""]


def test_a_block_that_raises_leaves_nothing(real):
    async def story(ports: Any) -> Json:
        async def fail() -> None:
            async with ports.database.transaction() as tx:
                await tx.insert("things", thing("a"))
                raise LookupError

        return await raised(fail()), await look(ports)

    assert both(real, story) == ("LookupError", [])


def test_a_swallowed_error_ends_in_a_quiet_rollback(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a"))
        async with ports.database.transaction() as tx:
            await tx.insert("things", thing("b"))
            error = await raised(tx.insert("things", thing("a")))
        return error, names(await look(ports))

    outcome = [in_simulation(story).outcome, real.play(story).outcome]
    assert outcome == [("UniqueViolation", "a")] * 2


def test_a_statement_after_one_that_failed_is_refused(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a"))

        async def go_on() -> None:
            async with ports.database.transaction() as tx:
                await raised(tx.insert("things", thing("a")))
                await tx.insert("things", thing("b"))

        return await raised(go_on()), names(await look(ports))

    outcome = [in_simulation(story).outcome, real.play(story).outcome]
    assert outcome == [("TransactionAborted", "a")] * 2


def test_a_lock_makes_others_wait_and_skipping_passes_by(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a", 1), thing("b", 1))
        said = []
        ready, locked = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            async with ports.database.transaction() as tx:
                await tx.select("things")
                ready.set()
                await locked.wait()
                rows = await tx.select("things", ("name", "=", "a"), lock="update")
                said.append(f"waited for {rows[0]['n']}")

        waiting = asyncio.get_running_loop().create_task(wait())
        await ready.wait()
        async with ports.database.transaction() as tx:
            await tx.select("things", ("name", "=", "a"), lock="update")
            locked.set()
            await ports.clock.sleep(WHILE_MS)
            said.append(f"free: {names(await look(ports, lock='skip_locked'))}")
            said.append(await raised(look(ports, lock="nowait")))
            await tx.update("things", {"n": 2}, ("name", "=", "a"))
        await waiting
        return said

    assert both(real, story) == ["free: b", "LockNotAvailable", "waited for 2"]


@pytest.mark.parametrize("first_commits", [True, False])
def test_an_insert_waits_for_the_outcome_of_the_one_before(real, first_commits):
    async def story(ports: Any) -> Json:
        ready, inserted = asyncio.Event(), asyncio.Event()

        async def second() -> bool:
            async with ports.database.transaction() as tx:
                await tx.select("things")
                ready.set()
                await inserted.wait()
                return await tx.insert("things", thing("a", 2), on_conflict="ignore") is not None

        async def first() -> None:
            async with ports.database.transaction() as tx:
                await tx.insert("things", thing("a", 1))
                inserted.set()
                await ports.clock.sleep(WHILE_MS)
                if not first_commits:
                    await tx.update("things", {"n": -1})

        waiting = asyncio.get_running_loop().create_task(second())
        await ready.wait()
        error = await raised(first())
        return error, await waiting, [row["n"] for row in await look(ports)]

    expected = ("", False, [1]) if first_commits else ("CheckViolation", True, [2])
    assert both(real, story) == expected


def test_a_deadlock_ends_one_of_two(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a"), thing("b"))
        locked = {"a": asyncio.Event(), "b": asyncio.Event()}

        async def cross(one: str, other: str) -> None:
            async with ports.database.transaction() as tx:
                await tx.update("things", {"n": ("+", 1)}, ("name", "=", one))
                locked[one].set()
                await locked[other].wait()
                await tx.update("things", {"n": ("+", 1)}, ("name", "=", other))

        ended = await asyncio.gather(raised(cross("a", "b")), raised(cross("b", "a")))
        return sorted(ended), [row["n"] for row in await look(ports)]

    outcomes = [in_simulation(story).outcome, real.play(story).outcome]
    assert outcomes == [(["", "DeadlockDetected"], [2, 2])] * 2


def test_a_repeatable_read_is_not_overwritten(real):
    async def story(ports: Any) -> Json:
        await put(ports, thing("a", 1))

        async def late() -> None:
            async with ports.database.transaction("repeatable read") as tx:
                await tx.select("things")
                async with ports.database.transaction() as other:
                    await other.update("things", {"n": 2})
                await tx.update("things", {"n": ("+", 1)})

        return await raised(late()), [row["n"] for row in await look(ports)]

    assert both(real, story) == ("SerializationFailure", [2])


INSERT, COMMIT = "probe>postgres INSERT things #1", "probe>postgres COMMIT things #1"


@pytest.mark.parametrize(
    ("fault", "told", "stored"),
    [
        (Drop(at=INSERT, leg="request"), "Timeout", ""),
        (Drop(at=INSERT, leg="reply"), "Timeout", ""),
        (Cut(at=INSERT, leg="request"), "ConnectionLost", ""),
        (Cut(at=INSERT, leg="reply"), "ConnectionLost", ""),
        (Drop(at=COMMIT, leg="request"), "Timeout", ""),
        (Drop(at=COMMIT, leg="reply"), "Timeout", "a"),
        (Cut(at=COMMIT, leg="request"), "ConnectionLost", ""),
        (Cut(at=COMMIT, leg="reply"), "ConnectionLost", "a"),
    ],
    ids=lambda value: f"{type(value).__name__} {value.at} {value.leg}" if hasattr(value, "at") else "",
)
def test_a_lost_message_is_told_and_the_next_transaction_works(real, fault, told, stored):
    async def story(ports: Any) -> Json:
        error = await raised(put(ports, thing("a")))
        await ports.clock.sleep(50)
        found = names(await look(ports))
        await put(ports, thing("b"))
        return error, found, names(await look(ports, ("name", "=", "b")))

    assert both(real, story, fault) == (told, stored, "b")


def test_statements_after_a_loss_send_nothing(real):
    async def story(ports: Any) -> Json:
        said = []

        async def go_on() -> None:
            async with ports.database.transaction() as tx:
                said.append(await raised(tx.insert("things", thing("a"))))
                said.append(await raised(tx.insert("things", thing("b"))))

        said.append(await raised(go_on()))
        return said

    lost = "ConnectionLost"
    assert both(real, story, Cut(at=INSERT, leg="reply")) == [lost, lost, lost]


def test_a_server_that_is_down_refuses(real):
    async def story(ports: Any) -> Json:
        return await raised(put(ports, thing("a")))

    crash = Crash(service="postgres", down_ms=1_000_000)
    # What is refused never was a message on the wire, so only the simulated world can count it.
    assert [in_simulation(story, crash).outcome, real.play(story, crash).outcome] == ["Refused"] * 2


def test_a_pool_recovers_from_a_server_that_forgot_its_connections(real):
    async def story(ports: Any) -> Json:
        await asyncio.gather(*(put(ports, thing(name)) for name in "abc"))
        async with ports.database.transaction() as tx:
            fetch = tx._connection.fetch
            await fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = 'shop' AND pid <> pg_backend_pid()"
            )
        return [await raised(put(ports, thing(name))) for name in "defgh"]

    assert real.play(story).outcome == [""] * 5


def test_giving_up_and_cancelling_open_no_further_connection(real):
    """Check that asyncpg asks for no cancel, which would take a connection of its own through the tap."""

    async def story(ports: Any) -> Json:
        await put(ports, thing("a"))
        asking = 0

        async def wait() -> None:
            async with ports.database.transaction() as tx:
                await tx.select("things", lock="update")

        async with ports.database.transaction() as tx:
            await tx.select("things", lock="update")
            late = asyncio.get_running_loop().create_task(raised(wait()))
            cancelled = asyncio.get_running_loop().create_task(wait())
            await asyncio.sleep(0.1)
            cancelled.cancel()
            await asyncio.wait([cancelled])
            told = await late
            # a backend that waited for the lock is gone before it is free
            await asyncio.sleep(0.1)
            rows = await tx._connection.fetch(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = 'shop' AND pid <> pg_backend_pid()"
            )
            asking = rows[0]["n"]
        return told, cancelled.cancelled(), asking

    assert real.play(story).outcome == ("Timeout", True, 0)


def test_a_listener_hears_what_commits_and_nothing_else(real):
    async def story(ports: Any) -> Json:
        async def say(*payloads: str, fails: bool = False) -> None:
            async with ports.database.transaction() as tx:
                for payload in payloads:
                    await tx.notify("News", payload)
                if fails:
                    raise LookupError

        await say("too early")
        listener = await ports.database.listen("News")
        await raised(say("rolled back", fails=True))
        await say("a", "b", "a")
        return [await listener.get(5_000), await listener.get(5_000), await listener.get(10)]

    assert both(real, story) == ["a", "b", None]


def test_a_listener_is_refused_while_the_database_is_down(real):
    async def story(ports: Any) -> Json:
        return await raised(ports.database.listen("News"))

    assert both(real, story, Crash(service="postgres", down_ms=60_000)) == "Refused"


def test_a_slot_shows_whole_transactions_until_it_is_moved(real):
    async def story(ports: Any) -> Json:
        async def shown(rows_max: int = 10) -> list[dict[str, Any]]:
            found = await ports.database.peek("things_told", rows_max)
            return [row.row for transaction in found for row in transaction.rows]

        await put(ports, thing("a", 1), thing("b", None, "it's"))
        await raised(put(ports, thing("c"), thing("a")))
        await put(ports, thing("d"))
        before = await shown(1), names(await shown())
        first, second = await ports.database.peek("things_told", 10)
        await ports.database.advance("things_told", first.rows[0].position)
        whole = names(await shown())
        await ports.database.advance("things_told", first.position)
        rest = names(await shown())
        await ports.database.advance("things_told", second.position)
        await ports.database.advance("things_told", first.position)
        return *before, whole, rest, names(await shown())

    first, everything, whole, rest, end = both(real, story)
    assert [(row["name"], row["n"], row["code"]) for row in first] == [("a", 1, "a"), ("b", None, "it's")]
    assert (everything, whole, rest, end) == ("a b d", "a b d", "d", "")


# -- prepared transactions -------------------------------------------------------------------------------


async def leave(ports: Any, prepared: str, *things: dict[str, Any]) -> None:
    async with ports.database.transaction() as tx:
        for row in things:
            await tx.insert("things", row)
        await tx.prepare(prepared)


def test_what_is_prepared_is_seen_once_it_is_committed_and_never_if_it_is_rolled_back(real):
    async def story(ports: Any) -> Json:
        await leave(ports, "first", thing("a"))
        await leave(ports, "second", thing("b"))
        before = [await ports.database.prepared(), names(await look(ports))]
        await ports.database.commit_prepared("first")
        await ports.database.rollback_prepared("second")
        return [*before, await ports.database.prepared(), names(await look(ports))]

    assert both(real, story) == [["first", "second"], "", [], "a"]


def test_to_end_what_is_not_prepared_is_told(real):
    async def story(ports: Any) -> Json:
        await leave(ports, "first", thing("a"))
        await ports.database.commit_prepared("first")
        return [
            await raised(ports.database.commit_prepared("first")),
            await raised(ports.database.rollback_prepared("never")),
        ]

    assert both(real, story) == ["NotPrepared", "NotPrepared"]


@pytest.mark.parametrize("is_let_go", [True, False])
def test_a_name_that_is_taken_ends_the_transaction_and_what_follows_in_its_block_is_refused(real, is_let_go):
    async def story(ports: Any) -> Json:
        await leave(ports, "first", thing("a"))
        said = []

        async def again() -> None:
            async with ports.database.transaction() as tx:
                await tx.insert("things", thing("b"))
                said.append(await raised(tx.prepare("first")))
                if not is_let_go:
                    said.append(await raised(tx.insert("things", thing("c"))))

        said.append(await raised(again()))
        await ports.database.commit_prepared("first")
        return [*said, names(await look(ports))]

    refused = [] if is_let_go else ["ConnectionLost"]
    assert both(real, story) == ["UniqueViolation", *refused, "", "a"]


def test_a_transaction_that_failed_is_rolled_back_when_it_is_prepared(real):
    async def story(ports: Any) -> Json:
        said = []
        async with ports.database.transaction() as tx:
            await tx.insert("things", thing("a"))
            said.append(await raised(tx.insert("things", thing("a"))))
            said.append(await raised(tx.prepare("first")))
        return [*said, await ports.database.prepared(), names(await look(ports))]

    assert both(real, story) == ["UniqueViolation", "TransactionAborted", [], ""]


def test_a_transaction_that_did_nothing_is_prepared_and_ended_like_any_other(real):
    async def story(ports: Any) -> Json:
        async with ports.database.transaction() as tx:
            await tx.prepare("first")
        async with ports.database.transaction() as tx:
            await tx.select("things")
            await tx.prepare("second")
        there = await ports.database.prepared()
        await ports.database.commit_prepared("first")
        await ports.database.rollback_prepared("second")
        return [there, await ports.database.prepared()]

    assert both(real, story) == [["first", "second"], []]


def test_nothing_follows_in_the_block_of_a_transaction_that_is_prepared(real):
    async def story(ports: Any) -> Json:
        async with ports.database.transaction() as tx:
            await tx.insert("things", thing("a"))
            await tx.prepare("first")
            said = await raised(tx.insert("things", thing("b")))
        await ports.database.commit_prepared("first")
        return [said, names(await look(ports))]

    assert both(real, story) == ["ConnectionLost", "a"]
