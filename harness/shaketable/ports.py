"""The ports: all that a service asks of its surroundings, and the errors that they raise.

A service that is written for these ports runs unchanged in every world. It imports this module of the harness alone, or none and only
fits (all but `Response` and the errors are protocols) and raises its own `Errors`. Values are JSON, times milliseconds, money whole."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from shaketable.commits.feeds import CommitFeeds, Notifies
from shaketable.commits.feeds import Listener as Listener
from shaketable.commits.feeds import LoggedTransaction as LoggedTransaction
from shaketable.commits.prepared import EndsPrepared, Prepares

Json = Any
Scalar = str | int | bool | None
Row = dict[str, Scalar]
Condition = tuple[str, str, object]
"""(column, operator, value): operators are = != < <= > >= and `in` (a sequence); = and != with None ask for NULL."""
Change = Scalar | tuple[Literal["+"], int]
"""A new value, or ("+", n): the old one plus n, evaluated by the database under the row's lock."""


class Timeout(Exception):
    """No answer in time: the effect may have happened."""


class ConnectionLost(Exception):
    """The connection was lost while waiting: the effect may have happened."""


class Refused(Exception):
    """Nothing listens there: the effect certainly did not happen."""


class UniqueViolation(Exception):
    """A row with this key exists, committed; or a prepared transaction with this name."""


class CheckViolation(Exception):
    """The row would break a CHECK or NOT NULL constraint."""


class SerializationFailure(Exception):
    """REPEATABLE READ or SERIALIZABLE: retry the transaction (SQLSTATE 40001)."""


class DeadlockDetected(Exception):
    """This transaction was chosen to break a deadlock (SQLSTATE 40P01)."""


class StatementCancelled(Exception):
    """The statement took too long, or was cancelled (SQLSTATE 57014); its transaction has failed."""


class LockNotAvailable(Exception):
    """Another transaction has locked the row, and this one does not wait (SQLSTATE 55P03)."""


class NotPrepared(Exception):
    """No prepared transaction has this name: it never had, or it has ended (SQLSTATE 42704)."""


class TransactionAborted(Exception):
    """An earlier statement of this transaction failed; only its end is left (SQLSTATE 25P02)."""


class CommitRejected(Exception):
    """The consumer no longer owns the partition: its group was rebalanced."""


class RecordTooLarge(Exception):
    """The broker refuses the record: it was not appended, nor will it be while the topic's limit stands (Kafka's error 10)."""


TRANSIENT = (Timeout, ConnectionLost, Refused, SerializationFailure, DeadlockDetected, StatementCancelled)
"""The errors after which another attempt can help; after the first two the effect may have happened all the same."""


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
    statement_cancelled: type[Exception] = StatementCancelled
    lock_not_available: type[Exception] = LockNotAvailable
    commit_rejected: type[Exception] = CommitRejected
    transaction_aborted: type[Exception] = TransactionAborted
    not_prepared: type[Exception] = NotPrepared
    record_too_large: type[Exception] = RecordTooLarge


class Clock(Protocol):
    """A wall clock, a monotonic clock, and waiting."""

    def now_ms(self) -> int:
        """Return the wall clock, which may step."""

    def monotonic_ms(self) -> int: ...
    def sleep(self, delay_ms: int) -> Awaitable[None]: ...


class Transaction(Notifies, Prepares, Protocol):
    """Statements of one transaction."""

    def insert(
        self, table: str, row: Mapping[str, Scalar], *, on_conflict: Literal["error", "ignore"] = "error"
    ) -> Awaitable[Row | None]:
        """Return the stored row (serial columns filled in), or None if it was there already and ignored.
        If another transaction has inserted the same key and not ended yet, this waits for its outcome."""

    def select(
        self,
        table: str,
        *where: Condition,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        lock: Literal["none", "update", "skip_locked", "nowait"] = "none",
    ) -> Awaitable[list[Row]]:
        """Return the rows that satisfy every condition; `-column` in `order_by` descends.
        "update" locks them until the transaction ends and waits for rows that others have locked; "skip_locked" leaves
        those out, "nowait" raises LockNotAvailable for the first of them."""

    def update(self, table: str, changes: Mapping[str, Change], *where: Condition) -> Awaitable[int]:
        """Return the number of rows that changed."""

    def delete(self, table: str, *where: Condition) -> Awaitable[int]:
        """Return the number of rows that are gone."""


class Database(CommitFeeds, EndsPrepared, Protocol):
    """One logical database."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction: COMMIT when the block ends, ROLLBACK when it raises; neither if it was prepared."""


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

    def commit(self, record: Record) -> Awaitable[None]:
        """Commit the offset after `record` for its partition. Raises CommitRejected after a rebalance."""

    def seek(self, record: Record) -> None:
        """Let `get` return `record` again next (a failed handler's retry)."""

    def close(self) -> Awaitable[None]:
        """Leave the group in order."""


OffsetReset = Literal["earliest", "latest"]  # where it begins whose position is gone, or who has none


class Broker(Protocol):
    """Topics to append to and to consume."""

    def send(
        self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None
    ) -> Awaitable[None]:
        """Append and wait for the acknowledgement; once, without retry. Raises RecordTooLarge beside what any port raises."""

    def send_later(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Append in the background; the outcome is not reported."""

    def consumer(self, group: str, topics: Sequence[str], *, reset: OffsetReset = "earliest") -> Consumer:
        """Make a member of `group`. It begins where that has committed, or by `reset` where it has not, or where that is gone."""


class Cache(Protocol):
    """A key-value store that may forget; sorted sets are ordered by score, then member."""

    def get(self, key: str) -> Awaitable[str | None]: ...
    def set(
        self, key: str, value: str, *, ttl_ms: int | None = None, only_if_absent: bool = False
    ) -> Awaitable[bool]:
        """Tell whether the value was stored."""

    def delete(self, key: str) -> Awaitable[bool]:
        """Tell whether there was such a key."""

    def compare_and_delete(self, key: str, value: str) -> Awaitable[bool]:
        """Delete the key if it holds `value`, in one step at the server, and tell whether it did."""

    def compare_and_set(
        self, key: str, value: str, *, guard: str, token: str, ttl_ms: int
    ) -> Awaitable[bool]:
        """Set the key if the key `guard` holds `token`, in one step at the server, and tell whether it did."""

    def rename(self, key: str, new_key: str) -> Awaitable[bool]:
        """Put what is at `key` in the place of what is at `new_key`, in one step; tell whether there was anything."""

    def increment(self, key: str, by: int = 1) -> Awaitable[int]: ...
    def take(self, key: str, *, burst: int, per_s: int) -> Awaitable[bool]:
        """Take one from the bucket at `key`, which holds `burst` and gets `per_s` a second, in one step; tell whether there was one."""

    def sorted_add(self, key: str, member: str, score: int) -> Awaitable[bool]:
        """Tell whether the member is new; one that is not gets the new score."""

    def sorted_remove(self, key: str, member: str) -> Awaitable[bool]:
        """Tell whether there was such a member."""

    def sorted_rank(self, key: str, member: str) -> Awaitable[int | None]:
        """Return how many members stand before this one; None if it is not there."""

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


@dataclass(frozen=True, slots=True)
class Response:
    """The answer of a handler, or to a request."""

    status: int
    body: Json = None


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
        """Make one attempt and return its answer. Raises Timeout, ConnectionLost or Refused."""


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
        """Return a fresh unique id, in the simulated world the same one in every replay."""


class Service(Protocol):
    """A service as a world runs it, made anew at every start of its process."""

    def start(self) -> Awaitable[None]:
        """Start background tasks and return."""

    def stop(self) -> Awaitable[None]: ...
    def handle(self, request: Request) -> Awaitable[Response]: ...
