"""The ports of a service, as protocols: a service never imports this, it only fits it.

Values are JSON values; rows map column names to scalars; times are milliseconds. Money and stock are integers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from shaketable.history import Json

Scalar = str | int | bool | None
Row = dict[str, Scalar]
Condition = tuple[str, str, object]
"""(column, operator, value): operators are = != < <= > >= and `in` (a sequence)."""
Change = Scalar | tuple[Literal["+"], int]
"""A new value, or ("+", n): the old one plus n, evaluated by the database under the row's lock."""


class Clock(Protocol):
    """A wall clock, a monotonic clock, and waiting."""

    def now_ms(self) -> int:
        """Return the wall clock, which may step."""
        ...

    def monotonic_ms(self) -> int: ...
    def sleep(self, delay_ms: int) -> Awaitable[None]: ...


class Transaction(Protocol):
    """Statements of one transaction."""

    def insert(
        self, table: str, row: Mapping[str, Scalar], *, on_conflict: Literal["error", "ignore"] = "error"
    ) -> Awaitable[Row | None]:
        """Return the stored row (serial columns filled in), or None if it was there already and ignored."""
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
        """Return the number of rows that changed."""
        ...

    def delete(self, table: str, *where: Condition) -> Awaitable[int]: ...


class Database(Protocol):
    """One logical database."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction: COMMIT when the block ends, ROLLBACK when it raises."""
        ...


class Record(Protocol):
    """One record of a topic."""

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
    """One member of a consumer group."""

    def get(self) -> Awaitable[Record]:
        """Return the next record of the assigned partitions; wait for one if need be."""
        ...

    def commit(self, record: Record) -> Awaitable[None]:
        """Commit the offset after `record` for its partition."""
        ...

    def seek(self, record: Record) -> None:
        """Let `get` return `record` again next (a failed handler's retry)."""
        ...

    def close(self) -> Awaitable[None]:
        """Leave the group in order."""
        ...


class Broker(Protocol):
    """Topics to append to and to consume."""

    def send(
        self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None
    ) -> Awaitable[None]:
        """Append and wait for the acknowledgement; once, without retry."""
        ...

    def send_later(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Give it to a background send, whose outcome is not reported."""
        ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer: ...


class Cache(Protocol):
    """A key-value store that may forget; sorted sets are ordered by score, then member."""

    def get(self, key: str) -> Awaitable[str | None]: ...
    def set(
        self, key: str, value: str, *, ttl_ms: int | None = None, only_if_absent: bool = False
    ) -> Awaitable[bool]: ...
    def delete(self, key: str) -> Awaitable[bool]: ...
    def compare_and_delete(self, key: str, value: str) -> Awaitable[bool]: ...
    def increment(self, key: str, by: int = 1) -> Awaitable[int]: ...
    def sorted_add(self, key: str, member: str, score: int) -> Awaitable[bool]: ...
    def sorted_remove(self, key: str, member: str) -> Awaitable[bool]: ...
    def sorted_range(self, key: str) -> Awaitable[list[tuple[str, int]]]: ...


class Request(Protocol):
    """A request as a handler gets it."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> Json: ...


class Response(Protocol):
    """The answer of a handler, or to a request."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> Json: ...


class Http(Protocol):
    """Requests to other parties by name."""

    def request(
        self,
        method: str,
        service: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_ms: int = 2_000,
    ) -> Awaitable[Response]:
        """Make one attempt and return its answer. Raises the world's timeout, connection_lost or refused error."""
        ...


class Ports(Protocol):
    """All that one incarnation of a service is given."""

    @property
    def name(self) -> str: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def database(self) -> Database: ...
    @property
    def broker(self) -> Broker: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def http(self) -> Http: ...
    def new_id(self) -> str:
        """Return a fresh unique id, the same one in every replay."""
        ...


class Service(Protocol):
    """A service as a world runs it, made anew at every start of its process."""

    def start(self) -> Awaitable[None]:
        """Start background tasks and return."""
        ...

    def stop(self) -> Awaitable[None]: ...
    def handle(self, request: Request) -> Awaitable[Response]: ...


class Timeout(Exception):
    """No answer in time: the effect may have happened."""


class ConnectionLost(Exception):
    """Reset while waiting: the effect may have happened."""


class Refused(Exception):
    """Nothing listens there: the effect certainly did not happen."""


class UniqueViolation(Exception):
    """A row with this key exists, committed."""


class CheckViolation(Exception):
    """The row would break a CHECK constraint."""


class SerializationFailure(Exception):
    """REPEATABLE READ or SERIALIZABLE: retry the transaction (SQLSTATE 40001)."""


class DeadlockDetected(Exception):
    """This transaction was chosen to break a deadlock (SQLSTATE 40P01)."""


class TransactionAborted(Exception):
    """An earlier statement of this transaction failed; only its end is left (SQLSTATE 25P02)."""


class CommitRejected(Exception):
    """The consumer no longer owns the partition: its group was rebalanced."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The exception types that ports raise, so that services see their own."""

    timeout: type[Exception] = Timeout
    connection_lost: type[Exception] = ConnectionLost
    refused: type[Exception] = Refused
    unique_violation: type[Exception] = UniqueViolation
    check_violation: type[Exception] = CheckViolation
    serialization_failure: type[Exception] = SerializationFailure
    deadlock: type[Exception] = DeadlockDetected
    commit_rejected: type[Exception] = CommitRejected
    transaction_aborted: type[Exception] = TransactionAborted
