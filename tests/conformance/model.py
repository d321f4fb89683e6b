"""The simulated database plays the script that a real PostgreSQL has played, and the two are compared."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shaketable.sim.database import DatabaseServer, OpenTransaction
from tests.conformance.recording import Recording, Seen
from tests.conformance.scripts import (
    ENDS,
    KEYS,
    SPEC,
    Cancel,
    Commit,
    CommitPrepared,
    Delete,
    Disconnect,
    Insert,
    OnPrepared,
    Prepare,
    Release,
    Rollback,
    RollbackTo,
    Savepoint,
    Script,
    Select,
    Statement,
    Update,
    Upsert,
)
from tests.conformance.sessions import Answer

_WAYS_MAX = 500


class Pending:
    """A future without a loop: all that the model needs of one."""

    def __init__(self) -> None:
        self.answer: Answer = ("wait",)

    def done(self) -> bool:
        return self.answer != ("wait",)

    def set_result(self, value: Any) -> None:
        self.answer = ("ok", value)

    def set_exception(self, error: BaseException) -> None:
        self.answer = ("error", type(error).__name__)

    def exception(self) -> None: ...


@dataclass
class Judgement:
    """`difference` is empty where the model did as PostgreSQL did, tolerated classes aside."""

    difference: str = ""
    tolerated: Counter[str] = field(default_factory=Counter)
    choices: list[int] = field(default_factory=list)
    """Among how many was chosen, each time: who goes on first, and how soon; who is a deadlock's victim."""


class Choices:
    """Makes the model's open choices: `picks` for the first ones, then what the model does by itself."""

    def __init__(self, picks: Sequence[int]) -> None:
        self._picks = deque(picks)
        self.sizes: list[int] = []

    def __call__(self, size: int) -> int:
        self.sizes.append(size)
        return self._picks.popleft() if self._picks else 0


class ModelBench:
    """The script's clients on the model."""

    def __init__(self, script: Script, picks: Sequence[int]) -> None:
        self._levels = script.levels
        self._server = DatabaseServer(
            "postgres",
            [SPEC],
            oracle=lambda *event: None,
            make_future=Pending,  # type: ignore[arg-type]
        )
        locks = self._server._databases[SPEC.name].locks
        self.choices = locks.who_first = locks.victim = locks.early = Choices(picks)
        self._transactions: dict[int, OpenTransaction] = {}
        self._pending: dict[int, Pending] = {}

    def play(self, seen: Seen) -> None:
        """Do one step. AssertionError says what differs."""
        answer = self._do(seen.client, seen.statement)
        assert answer == _plain(seen.statement, seen.answer), f"the model says {answer}"
        for client, pending in list(self._pending.items()):
            expected = seen.ended.get(client, ("wait",))
            answer = pending.answer
            if expected != ("wait",) or answer != ("wait",):
                assert answer == expected, f"the model lets {client} end with {answer}"
                del self._pending[client]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is committed once every client has gone."""
        for client in list(self._transactions):
            self._server.disconnect(f"client-{client}")
        found = {}
        for table, key in KEYS.items():
            rows = self._server.rows(SPEC.name, table)
            found[table] = sorted(rows, key=lambda row, key=key: tuple(row[column] for column in key))
        return found

    def _do(self, client: int, statement: Statement) -> Answer:
        if isinstance(statement, Disconnect):
            self._server.disconnect(f"client-{client}")
            self._pending.pop(client, None)
            del self._transactions[client]
            return ("gone",)
        if isinstance(statement, Cancel):
            self._transactions[client].cancel()
            return self._pending.pop(client).answer
        try:
            if isinstance(statement, OnPrepared):
                commit = isinstance(statement, CommitPrepared)
                self._server.end_prepared(SPEC.name, statement.name, f"client-{client}", commit=commit)
                return ("ok", None)
            transaction = self._transaction(client)
            if isinstance(statement, ENDS):
                del self._transactions[client]
            result = _said_to(transaction, statement)
        except Exception as error:  # the model's answer is an error: it is compared like any other
            return ("error", type(error).__name__)
        if isinstance(result, Pending):
            self._pending[client] = result
            return ("wait",)
        return _plain(statement, ("ok", result))

    def _transaction(self, client: int) -> OpenTransaction:
        transaction = self._transactions.get(client)
        if transaction is None:
            transaction = self._server.begin(SPEC.name, f"client-{client}", self._levels[client])  # type: ignore[arg-type]
            self._transactions[client] = transaction
        return transaction


def compare(script: Script, recording: Recording, picks: Sequence[int] = ()) -> Judgement:
    """Play the recorded steps on the model, with one way of making its open choices."""
    bench = ModelBench(script, picks)
    judgement = Judgement(choices=bench.choices.sizes)
    done = 0
    try:
        for seen in recording.steps:
            bench.play(seen)
            done += 1
        rows = bench.rows()
        assert rows == recording.rows, f"the model ends with {rows}, PostgreSQL with {recording.rows}"
    except AssertionError as error:
        judgement.difference = f"step {done}: {error}"
    return judgement


def judge(script: Script, recording: Recording) -> Judgement:
    """Tell whether the model has a way to do as PostgreSQL did; if none, return the difference of its own way."""
    first = compare(script, recording)
    if not first.difference or not first.choices:
        return first
    ways = deque(_other_ways((), first.choices))
    for _ in range(_WAYS_MAX):
        if not ways:
            break
        picks = ways.popleft()
        judgement = compare(script, recording, picks)
        if not judgement.difference:
            judgement.tolerated["race"] += 1
            return judgement
        ways += _other_ways(picks, judgement.choices)
    first.tolerated["finer race"] += 1
    return first


def _other_ways(picks: tuple[int, ...], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """List the ways that make the same first choices and then, sooner or later, one that is not the model's own."""
    return [
        (*picks, *([0] * (n - len(picks))), pick)
        for n in range(len(picks), len(sizes))
        for pick in range(1, sizes[n])
    ]


def _said_to(transaction: OpenTransaction, statement: Statement) -> Any:
    match statement:
        case Insert(table=table, row=row, ignore=ignore):
            return transaction.insert(table, row, on_conflict="ignore" if ignore else "error")
        case Select():
            return transaction.select(
                statement.table,
                *statement.where,
                order_by=statement.order_by,
                limit=statement.limit,
                lock=statement.lock,  # type: ignore[arg-type]
            )
        case Upsert(table=table, row=row, changes=changes):
            return transaction.upsert(table, row, changes)
        case Savepoint(name=name):
            return transaction.savepoint(name)
        case RollbackTo(name=name):
            return transaction.rollback_to(name)
        case Release(name=name):
            return transaction.release(name)
        case Update(table=table, changes=changes, where=where):
            return transaction.update(table, changes, *where)
        case Delete(table=table, where=where):
            return transaction.delete(table, *where)
        case Commit():
            return "COMMIT" if transaction.commit() else "ROLLBACK"
        case Rollback():
            return transaction.rollback()
        case Prepare(name=name):
            return "PREPARE TRANSACTION" if transaction.prepare(name) else "ROLLBACK"
    raise TypeError(statement)


def _plain(statement: Statement, answer: Answer) -> Answer:
    """Sort rows without an order of their own, so that both sides have the same."""
    if isinstance(statement, Select) and not statement.order_by and answer[0] == "ok":
        return "ok", sorted(answer[1], key=repr)
    return answer
