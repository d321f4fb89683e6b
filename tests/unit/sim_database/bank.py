"""A small database to interleave transactions on, and words for what a statement answered."""

import asyncio

from shaketable.ports import Row
from shaketable.sim.database import DatabaseServer, Isolation, OpenTransaction
from shaketable.subject import DatabaseSpec, Table

_LOOP = asyncio.new_event_loop()
_LOOP.close()  # futures of a closed loop still carry results, as long as no callback is attached

ACCOUNTS = Table(
    "accounts",
    ("id",),
    unique=(("email",),),
    not_negative=("balance",),
    rows=(
        {"id": 1, "email": "a", "balance": 10, "kind": "x"},
        {"id": 2, "email": "b", "balance": 20, "kind": "x"},
        {"id": 3, "email": "c", "balance": 30, "kind": "y"},
    ),
)
OUTBOX = Table("outbox", ("id",), serial="id")
PAIRS = Table("pairs", ("left", "right"))

WHO = ("id", "=")


class Bank:
    """A server named postgres with one database `bank`, and what its oracle wrote."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str, str, object]] = []
        self.server = DatabaseServer(
            "postgres",
            [DatabaseSpec("bank", (ACCOUNTS, OUTBOX, PAIRS))],
            oracle=lambda *event: self.written.append(event),
            make_future=_LOOP.create_future,
        )

    def begin(self, owner: str = "t", isolation: Isolation = "read committed") -> OpenTransaction:
        return self.server.begin("bank", owner, isolation)

    def rows(self, table: str = "accounts") -> list[Row]:
        return self.server.rows("bank", table)

    def balances(self) -> dict[object, object]:
        return {row["id"]: row["balance"] for row in self.rows()}

    def do(self, *statement: object) -> None:
        """Update one account and commit: its id and its new balance."""
        transaction = self.begin("other")
        number, balance = statement
        assert transaction.update("accounts", {"balance": balance}, ("id", "=", number)) == 1
        transaction.commit()


def is_waiting(answer: object) -> bool:
    return isinstance(answer, asyncio.Future) and not answer.done()


def answer_of(answer: object) -> object:
    """Return what a statement that had to wait answered in the end; raises what it raised."""
    assert isinstance(answer, asyncio.Future)
    assert answer.done(), "it still waits"
    return answer.result()


def ids(rows: object) -> list[object]:
    assert isinstance(rows, list)
    return [row["id"] for row in rows]
