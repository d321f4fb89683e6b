"""What a service of this system needs from outside, and the errors it understands.

Whoever wires a service hands it an object that fits `Ports` and raises the exceptions below; the services know
no driver, no broker client and no clock of their own. Money and stock are integers, times are milliseconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Json = Any
Scalar = str | int | bool | None
Row = dict[str, Scalar]
Condition = tuple[str, str, object]
"""(column, operator, value); operators are = != < <= > >= and `in`."""
Change = Scalar | tuple[Literal["+"], int]
"""A new value, or ("+", n): add n under the row's lock."""


class Timeout(Exception):
    """No answer in time: the effect may have happened."""


class ConnectionLost(Exception):
    """The connection was reset while waiting: the effect may have happened."""


class Refused(Exception):
    """Nobody listens: the effect certainly did not happen."""


class UniqueViolation(Exception):
    """A row with this key is already there."""


class CheckViolation(Exception):
    """The row would break a constraint of its table."""


class SerializationFailure(Exception):
    """The database asks to repeat the transaction."""


class DeadlockDetected(Exception):
    """The database ended this transaction to break a deadlock."""


class CommitRejected(Exception):
    """The partition belongs to another consumer by now."""


TRANSIENT = (Timeout, ConnectionLost, Refused, SerializationFailure, DeadlockDetected)
"""Trying again can help."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer."""

    status: int
    body: Json = None


class Clock(Protocol):
    def now_ms(self) -> int:
        """Wall clock; it may step."""
        ...

    def monotonic_ms(self) -> int: ...
    def sleep(self, delay_ms: int) -> Awaitable[None]: ...


class Transaction(Protocol):
    def insert(
        self, table: str, row: Mapping[str, Scalar], *, on_conflict: Literal["error", "ignore"] = "error"
    ) -> Awaitable[Row | None]:
        """The stored row, or None if it was there already and ignored. Waits for a concurrent insert's outcome."""
        ...

    def select(
        self,
        table: str,
        *where: Condition,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        lock: Literal["none", "update", "skip_locked"] = "none",
    ) -> Awaitable[list[Row]]: ...

    def update(self, table: str, changes: Mapping[str, Change], *where: Condition) -> Awaitable[int]:
        """How many rows changed."""
        ...

    def delete(self, table: str, *where: Condition) -> Awaitable[int]: ...


class Database(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """COMMIT when the block ends, ROLLBACK when it raises."""
        ...


class Record(Protocol):
    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def value(self) -> Json: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class Consumer(Protocol):
    def get(self) -> Awaitable[Record]: ...
    def commit(self, record: Record) -> Awaitable[None]: ...
    def seek(self, record: Record) -> None: ...
    def close(self) -> Awaitable[None]: ...


class Broker(Protocol):
    def send(
        self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None
    ) -> Awaitable[None]:
        """Append and wait for the acknowledgement."""
        ...

    def send_later(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Hand over to a background send; nobody learns how it ended."""
        ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer: ...


class Request(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> Json: ...


class Answer(Protocol):
    """What an HTTP client gets back; `Response` is one."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> Json: ...


class Http(Protocol):
    def request(
        self,
        method: str,
        service: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_ms: int = 2_000,
    ) -> Awaitable[Answer]:
        """One attempt. Raises Timeout, ConnectionLost or Refused."""
        ...


class Ports(Protocol):
    """Everything one running service is given."""

    @property
    def name(self) -> str: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def database(self) -> Database: ...
    @property
    def broker(self) -> Broker: ...
    @property
    def http(self) -> Http: ...
    def new_id(self) -> str: ...
