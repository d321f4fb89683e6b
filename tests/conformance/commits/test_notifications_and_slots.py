"""LISTEN, NOTIFY and replication slots of the model against a real PostgreSQL, by random scripts.

Writers insert rows and notify in transactions that overlap, with savepoints, and commit or roll back. Meanwhile listeners come
and go, and a slot is read by peeking and moved forward, to the end of a transaction or to the middle of one. What each listener
hears, and what each peek shows, must be the same. `SHAKETABLE_CONFORMANCE_SCRIPTS` says how many scripts.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from shaketable.commits.slot import Slot
from shaketable.sim.database import DatabaseServer
from shaketable.subject import DatabaseSpec, Table
from shaketable_targets.adapters.postgres import PostgresDatabase
from tests.conformance.conftest import SCRIPTS, SEED
from tests.conformance.sessions import connect

_SHORT = 25
_STEPS = 40
_WRITERS, _LISTENERS = 3, 2
_SLOT = "told"
_SPEC = DatabaseSpec(
    "postgres",
    (Table("events", ("id",)), Table("others", ("id",))),
    slots=(Slot(_SLOT, ("events",)),),
)
_SCHEMA = f"""
DROP PUBLICATION IF EXISTS {_SLOT};
DROP TABLE IF EXISTS events, others;
CREATE TABLE events (id bigint PRIMARY KEY);
CREATE TABLE others (id bigint PRIMARY KEY);
CREATE PUBLICATION {_SLOT} FOR TABLE events WITH (publish = 'insert');
"""
_DROP_SLOT = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1"
Step = tuple[Any, ...]
Seen = list[Any]


def draw(seed: int) -> list[Step]:
    """Draw a script: (verb, who, what)."""
    random = Random(f"notifications {seed}")
    steps: list[Step] = []
    for number in range(_STEPS):
        kind = random.choices(
            (
                "insert",
                "other",
                "notify",
                "savepoint",
                "back",
                "commit",
                "rollback",
                "listen",
                "peek",
                "advance",
            ),
            (10, 2, 8, 2, 2, 8, 2, 3, 4, 3),
        )[0]
        who = random.randrange(_LISTENERS if kind == "listen" else _WRITERS)
        steps.append((kind, who, number if kind in ("insert", "other") else random.randrange(3)))
    return [*steps, ("commit", 0, 0), ("commit", 1, 0), ("commit", 2, 0), ("peek", 0, 2)]


def _shown(found: Any) -> Seen:
    return [[row.row["id"] for row in transaction.rows] for transaction in found]


def _target(found: Any, n: int) -> int | None:
    """Return the position of the first transaction that a peek has shown, or of one of its rows."""
    if not found:
        return None
    first = found[0]
    return int(first.position if n else first.rows[0].position)


def modelled(steps: list[Step]) -> list[Seen]:
    """Play the script on the model; return what is heard and shown at each step."""
    server = DatabaseServer("postgres", [_SPEC], oracle=lambda *event: None, make_future=_no_future)
    log = server.log(_SPEC.name)
    writers: list[Any] = [None] * _WRITERS
    marks = [0] * _WRITERS
    listeners: dict[int, Any] = {}
    found: Any = []
    seen: list[Seen] = []
    for kind, who, what in steps:
        at_step: Seen = []
        if kind == "listen":
            old = listeners.pop(who, None)
            if old is None:
                listeners[who] = server.listen(_SPEC.name, f"listener {who}", f"news{what % 2}")
            else:
                old.end()
        elif kind == "peek":
            found = log.peek(_SLOT, what + 1)
            at_step.append(_shown(found))
        elif kind == "advance":
            target = _target(found, what)
            if target is not None:
                log.advance(_SLOT, target)
        else:
            if writers[who] is None:
                writers[who], marks[who] = server.begin(_SPEC.name, f"writer {who}"), 0
            it = writers[who]
            match kind:
                case "insert" | "other":
                    it.insert("events" if kind == "insert" else "others", {"id": what})
                case "notify":
                    it.notify(f"news{what % 2}", str(what // 2))
                case "savepoint":
                    it.savepoint("here")
                    marks[who] += 1
                case "back" if marks[who]:
                    it.rollback_to("here")
                case "commit" | "rollback":
                    it.commit() if kind == "commit" else it.rollback()
                    writers[who] = None
        for number, listener in sorted(listeners.items()):
            at_step.append([number, *listener.sent])
            listener.sent.clear()
        seen.append(at_step)
    return seen


def _no_future() -> asyncio.Future[Any]:
    raise AssertionError("nothing waits in these scripts")


async def recorded(port: int, steps: list[Step]) -> list[Seen]:
    """Play the script on PostgreSQL."""
    admin = await connect(port)
    await admin.fetch(_DROP_SLOT, _SLOT)
    await admin.execute(_SCHEMA)
    await admin.fetch("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", _SLOT)
    database = PostgresDatabase(f"postgresql://postgres@127.0.0.1:{port}/postgres", 20_000)
    connections = [await connect(port) for _ in range(_WRITERS)]
    for connection in connections:  # a slot reads what has been flushed
        await connection.execute("SET synchronous_commit = on")
    is_open, marks = [False] * _WRITERS, [0] * _WRITERS
    listeners: dict[int, Any] = {}
    heard: dict[int, list[str]] = {}
    found: Any = []
    seen: list[Seen] = []
    try:
        for kind, who, what in steps:
            at_step: Seen = []
            if kind == "listen":
                old = listeners.pop(who, None)
                if old is None:
                    said = heard[who] = []
                    listeners[who] = await connect(port)
                    await listeners[who].add_listener(
                        f"news{what % 2}", lambda *told, said=said: said.append(told[3])
                    )
                else:
                    await old.close()
            elif kind == "peek":
                found = await database.peek(_SLOT, what + 1)
                at_step.append(_shown(found))
            elif kind == "advance":
                target = _target(found, what)
                if target is not None:
                    await database.advance(_SLOT, target)
            else:
                it = connections[who]
                if not is_open[who]:
                    await it.execute("BEGIN")
                    is_open[who], marks[who] = True, 0
                match kind:
                    case "insert" | "other":
                        table = "events" if kind == "insert" else "others"
                        await it.execute(f"INSERT INTO {table} VALUES ({what})")
                    case "notify":
                        await it.execute(f"NOTIFY news{what % 2}, '{what // 2}'")
                    case "savepoint":
                        await it.execute("SAVEPOINT here")
                        marks[who] += 1
                    case "back" if marks[who]:
                        await it.execute("ROLLBACK TO SAVEPOINT here")
                    case "commit" | "rollback":
                        await it.execute(kind.upper())
                        is_open[who] = False
            for number, listener in sorted(listeners.items()):
                await listener.execute("SELECT 1")  # what was notified comes in front of the answer
                at_step.append([number, *heard[number]])
                heard[number].clear()
            seen.append(at_step)
    finally:
        for connection in (admin, *connections, *listeners.values()):
            connection.terminate()
        await database.close()
    return seen


def test_the_model_notifies_and_logs_as_postgresql_does(postgres_port):
    heard = shown = 0
    for seed in range(SEED, SEED + (SCRIPTS or _SHORT)):
        steps = draw(seed)
        real, model = asyncio.run(recorded(postgres_port, steps)), modelled(steps)
        for step, one, other in zip(steps, real, model, strict=True):
            assert one == other, f"seed {seed}, at {step}: PostgreSQL {one}, the model {other}"
        told = [part for at_step in real for part in at_step]
        heard += sum(len(part) - 1 for part in told if part and isinstance(part[0], int))
        shown += sum(len(ids) for part in told if part and not isinstance(part[0], int) for ids in part)
    assert heard > 50, "hardly anything is heard: these scripts say nothing"
    assert shown > 100, "hardly anything is shown: these scripts say nothing"


def test_a_model_that_notifies_at_once_is_found(postgres_port, monkeypatch):
    """Show the comparison red: of a model that does not wait for the COMMIT."""
    from shaketable.sim.database.transaction import OpenTransaction

    def at_once(self: Any, channel: str, payload: str) -> None:
        self.database.notifications.deliver([(channel, payload)])

    monkeypatch.setattr(OpenTransaction, "notify", at_once)
    assert any(asyncio.run(recorded(postgres_port, draw(seed))) != modelled(draw(seed)) for seed in range(5))
