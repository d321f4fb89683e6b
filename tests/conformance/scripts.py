"""Random scripts as data: what a few clients do, statement by statement, in one interleaving.

A script is plain JSON once encoded, so that a failure prints the very thing that reproduces it:
`python -m tests.conformance '<the script>'`.
"""

from __future__ import annotations

from random import Random

import msgspec

from shaketable.subject import DatabaseSpec, Table

CLIENTS = 3
LEVELS = ("read committed", "repeatable read", "serializable")

ITEMS = Table(
    "items",
    ("id",),
    serial="n",
    unique=(("code",),),
    not_negative=("stock",),
    rows=tuple({"id": i, "code": i * 10, "stock": i} for i in range(3)),
)
PLACES = Table(
    "places",
    ("shelf", "box"),
    rows=({"shelf": 0, "box": "a", "size": 1}, {"shelf": 0, "box": "B", "size": 2}),
)
SPEC = DatabaseSpec("shop", (ITEMS, PLACES))
SCHEMA = """
DROP TABLE IF EXISTS items, places;
CREATE TABLE items (
    id int PRIMARY KEY, code int UNIQUE, stock int CHECK (stock >= 0), n bigserial);
CREATE TABLE places (shelf int, box text COLLATE "C", size int, PRIMARY KEY (shelf, box));
"""
TYPES = {
    "items": {"id": "int", "code": "int", "stock": "int", "n": "bigint"},
    "places": {"shelf": "int", "box": "text", "size": "int"},
}
KEYS = {table.name: table.key for table in SPEC.tables}

Value = int | str | None
Where = tuple[tuple[str, str, Value | tuple[Value, ...]], ...]


class Insert(msgspec.Struct, frozen=True, tag=True):
    """`ignore`: ON CONFLICT DO NOTHING."""

    table: str
    row: dict[str, Value]
    ignore: bool = False


class Upsert(msgspec.Struct, frozen=True, tag=True):
    """INSERT ... ON CONFLICT on the primary key DO UPDATE."""

    table: str
    row: dict[str, Value]
    changes: dict[str, Value | tuple[str, int]]


class Select(msgspec.Struct, frozen=True, tag=True):
    """Rows in a total order, or none (then their order means nothing)."""

    table: str
    where: Where = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    lock: str = "none"


class Update(msgspec.Struct, frozen=True, tag=True):
    """A change is a value, or ("+", n)."""

    table: str
    changes: dict[str, Value | tuple[str, int]]
    where: Where = ()


class Delete(msgspec.Struct, frozen=True, tag=True):
    """DELETE."""

    table: str
    where: Where = ()


class Savepoint(msgspec.Struct, frozen=True, tag=True):
    """SAVEPOINT."""

    name: str


class RollbackTo(msgspec.Struct, frozen=True, tag=True):
    """ROLLBACK TO SAVEPOINT."""

    name: str


class Release(msgspec.Struct, frozen=True, tag=True):
    """RELEASE SAVEPOINT."""

    name: str


class Commit(msgspec.Struct, frozen=True, tag=True):
    """COMMIT; the client's next statement begins its next transaction."""


class Rollback(msgspec.Struct, frozen=True, tag=True):
    """ROLLBACK."""


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """PREPARE TRANSACTION; the client's next statement begins its next transaction."""

    name: str


class CommitPrepared(msgspec.Struct, frozen=True, tag=True):
    """COMMIT PREPARED, by a client that has no transaction open."""

    name: str


class RollbackPrepared(msgspec.Struct, frozen=True, tag=True):
    """ROLLBACK PREPARED, by a client that has no transaction open."""

    name: str


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """The client takes back the statement that it waits for; nothing if it does not wait."""


class Disconnect(msgspec.Struct, frozen=True, tag=True):
    """The client's connection ends, whatever it was doing."""


OnSavepoint = Savepoint | RollbackTo | Release
OnPrepared = CommitPrepared | RollbackPrepared
Statement = (
    Insert
    | Upsert
    | Select
    | Update
    | Delete
    | OnSavepoint
    | Commit
    | Rollback
    | Prepare
    | OnPrepared
    | Cancel
    | Disconnect
)
ENDS = (Commit, Rollback, Prepare)
"""What ends a client's transaction."""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """The next thing that `client` does; left out while it waits, unless it takes back or disconnects."""

    client: int
    statement: Statement


class Script(msgspec.Struct, frozen=True):
    """`levels`: each client's isolation level."""

    levels: tuple[str, ...]
    steps: tuple[Step, ...]

    def as_json(self) -> str:
        return msgspec.json.encode(self).decode()


def from_json(text: str) -> Script:
    return msgspec.json.decode(text, type=Script)


def draw(seed: int, level: str) -> Script:
    """Draw the script of this seed; `level` may be "mixed"."""
    rng = Random(f"{level}/{seed}")  # a text seed means the same in every process
    levels = tuple(rng.choice(LEVELS) if level == "mixed" else level for _ in range(CLIENTS))
    steps = [_step(rng, levels) for _ in range(rng.randint(4, 18))]
    if rng.random() < 0.3:  # what a savepoint takes back at SERIALIZABLE depends on more than the model has
        steps = _with_savepoints(rng, steps, levels)
    names: list[str] = []
    if rng.random() < 0.3:  # whom SERIALIZABLE refuses beside a prepared transaction is not in the model
        steps, names = _with_prepared(rng, steps, levels)
    for _ in range(CLIENTS):  # a client may have to wait for another's end before it can end
        steps += [Step(client, Commit()) for client in rng.sample(range(CLIENTS), CLIENTS)]
        steps += [Step(rng.randrange(CLIENTS), _ended(rng, name)) for name in names]
    return Script(levels, tuple(steps))


def _with_savepoints(rng: Random, steps: list[Step], levels: tuple[str, ...]) -> list[Step]:
    """Let clients set savepoints and return to them, mostly to one that they have set."""
    clients = [client for client, level in enumerate(levels) if level != "serializable"]
    if not clients:
        return steps
    for _ in range(rng.randint(1, 3)):
        client, name = rng.choice(clients), rng.choice("st")
        first = rng.randrange(len(steps))
        last = rng.randrange(first, len(steps))
        back = RollbackTo(name) if rng.random() < 0.7 else Release(name)
        steps = [
            *steps[:first],
            Step(client, Savepoint(name)),
            *steps[first:last],
            Step(client, back),
            *steps[last:],
        ]
    return steps


def _with_prepared(rng: Random, steps: list[Step], levels: tuple[str, ...]) -> tuple[list[Step], list[str]]:
    """Let clients prepare transactions instead of committing them; return their names, too. Some are ended within the script."""
    found: list[Step] = []
    names: list[str] = []
    for step in steps:
        found.append(step)
        if levels[step.client] == "serializable" or rng.random() < 0.7:
            continue
        name = rng.choice("gh")
        names.append(name)
        found.append(Step(step.client, Prepare(name)))
        if rng.random() < 0.3:
            found.append(Step(rng.randrange(CLIENTS), _ended(rng, name)))
    return found, names


def _ended(rng: Random, name: str) -> Statement:
    return CommitPrepared(name) if rng.random() < 0.6 else RollbackPrepared(name)


def _step(rng: Random, levels: tuple[str, ...]) -> Step:
    client = rng.randrange(CLIENTS)
    statement = _statement(rng)
    if isinstance(statement, Select) and levels[client] == "serializable":
        # What a LIMIT leaves unread depends on the plan, and with it who is refused.
        statement = msgspec.structs.replace(statement, limit=None)
    return Step(client, statement)


def _statement(rng: Random) -> Statement:
    kind = rng.random()
    if kind < 0.03:
        return Cancel() if rng.random() < 0.6 else Disconnect()
    if kind < 0.17:
        return Commit() if rng.random() < 0.7 else Rollback()
    draw_on = _on_items if rng.random() < 0.8 else _on_places
    return draw_on(rng)


def _on_items(rng: Random) -> Statement:
    kind = rng.random()
    if kind < 0.25:
        stock = rng.randrange(-1, 4) if rng.random() < 0.2 else rng.randrange(4)
        row: dict[str, Value] = {"id": rng.randrange(2, 8), "code": _code(rng), "stock": stock}
        if rng.random() < 0.25:
            change = rng.choice(
                ({"stock": ("+", 1)}, {"stock": ("+", -1)}, {"code": _code(rng)}, {"stock": 3})
            )
            return Upsert("items", row, change)
        return Insert("items", row, rng.random() < 0.4)
    if kind < 0.42:
        return Select("items", _about_items(rng), _order(rng))
    if kind < 0.6:
        lock = rng.choice(("update", "skip_locked", "nowait"))
        return Select(
            "items", _about_items(rng), _order(rng) or ("id",), rng.choice((None, None, 1, 2)), lock
        )
    if kind < 0.9:
        return _item_update(rng)
    return Delete("items", _about_items(rng))


def _item_update(rng: Random) -> Update:
    kind = rng.random()
    if kind < 0.4:
        return Update("items", {"stock": ("+", rng.choice((-1, 1, 1)))}, _about_items(rng))
    if kind < 0.6:
        return Update("items", {"stock": rng.randrange(4)}, _about_items(rng))
    one = (("id", "=", rng.randrange(4)),)  # a key for several rows would break at the second one anyway
    if kind < 0.8:
        return Update("items", {"code": _code(rng)}, one)
    return Update("items", {"id": rng.randrange(5)}, one)


def _about_items(rng: Random) -> Where:
    kind = rng.random()
    if kind < 0.5:
        return (("id", "=", rng.randrange(4)),)
    if kind < 0.65:
        return (("id", "=", rng.randrange(4)), ("stock", ">=", rng.randrange(4)))
    if kind < 0.75:
        return (("stock", rng.choice(("=", ">=", "<", "!=", ">", "<=")), rng.randrange(4)),)
    if kind < 0.85:
        return (("code", rng.choice(("=", "!=")), _code(rng)),)
    if kind < 0.95:
        return (("id", "in", tuple(rng.sample(range(5), 2))),)
    return ()


def _on_places(rng: Random) -> Statement:
    kind = rng.random()
    key: dict[str, Value] = {"shelf": rng.randrange(2), "box": rng.choice("aBé")}
    exactly: Where = (("shelf", "=", key["shelf"]), ("box", "=", key["box"]))
    where: Where = exactly if rng.random() < 0.7 else (("box", rng.choice(("<", ">=")), rng.choice("aBé")),)
    if kind < 0.35:
        return Insert("places", {**key, "size": rng.randrange(4)}, rng.random() < 0.6)
    if kind < 0.55:
        lock = rng.choice(("none", "update", "skip_locked", "nowait"))
        return Select("places", where, ("box", "-shelf"), rng.choice((None, 1)), lock)
    if kind < 0.7:
        return Update("places", {"size": ("+", 1)}, where)
    if kind < 0.85:
        return Update("places", {"box": rng.choice("aBé")}, exactly)
    return Delete("places", where)


def _code(rng: Random) -> int | None:
    return rng.choice((None, None, 10, 20, 30, 40, 50))


def _order(rng: Random) -> tuple[str, ...]:
    return rng.choice(((), ("id",), ("-stock", "id"), ("code", "-id")))
