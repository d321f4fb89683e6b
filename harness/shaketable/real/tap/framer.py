"""The protocol of framers, which tell the tap what bytes belong to which exchange. They never change a byte.

A framer is one connection's incremental parser, pure and synchronous: bytes go in as the socket gave them, pieces
come out as soon as they can be named. Whatever it cannot understand it passes through as opaque, for the rest of
the connection: never an exception, never a lost or altered byte. It keeps at most `HEAD_MAX_BYTES` of a message
before naming it; the rest streams through, so a message of any size costs constant memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, TypedDict, runtime_checkable

from shaketable.history import Json

HEAD_MAX_BYTES = 64 * 1024


class Produced(NamedTuple):
    """One record of a request to append it. `stamp_ms` is the time of its sending by its producer's clock, -1 if unread."""

    topic: str
    partition: int
    key: str
    stamp_ms: int


class Marks(TypedDict, total=False):
    """Observations of a framer in an exchange beyond its names: the oracles at the tap."""

    produced: list[Produced]
    acknowledged: list[
        tuple[str, int, int]
    ]  # (topic, partition, offset of the first record) of what is appended
    delivered: list[tuple[str, int, int]]  # (topic, partition, offset)
    offsets: list[tuple[str, int, int]]  # (topic, partition, next offset) that a group committed
    group: str
    joins: bool  # asks to be a member of a group
    subscribed: tuple[str, list[str]]  # (group, topics) of one that joins
    session_ms: int  # after such a silence the group gives up the one that joins, in real milliseconds
    membership: tuple[str, str]  # (group, id) of a member that is heard
    left: list[tuple[str, str]]  # (group, id) of members that leave
    waits: bool  # an answer that comes only once its group has formed
    regroups: bool  # the answer tells of a group that forms anew, or has
    assigned: bool  # the answer gives a member its share
    balanced_by_broker: bool  # its group is one of the newer protocol
    transactional: str  # the transactional id of a producer
    refused: int  # the error by which a broker says that it has no idempotent producers, nor transactions
    ended: tuple[str, bool]  # (transactional id, whether it commits) of a transaction
    pending_offsets: tuple[str, str, list[tuple[str, int, int]]]  # (transactional id, group, offsets)
    selected: tuple[str, int]  # (table, rows) that a SELECT returned
    asked: tuple[bytes, bytes]  # (text, the end of the message that bound its parameters) of that SELECT


class Exchange:
    """One request and its reply, by identity. `names` are its boundaries' (verb, key), in order.

    Several names: one request that carries several counted messages (records of one produce or fetch). An
    exchange without names is a poll, a heartbeat or connection set-up: it passes uncounted.
    `named_by_reply`: its names are known only when the reply comes (a fetch); both legs then act on the reply.
    """

    __slots__ = ("expects_reply", "marks", "named_by_reply", "names")

    def __init__(self, names: tuple[tuple[str, str], ...] = (), *, named_by_reply: bool = False) -> None:
        self.names = names
        self.named_by_reply = named_by_reply
        self.expects_reply = True
        self.marks: Marks = {}


@dataclass(frozen=True, slots=True)
class ClientEnd:
    """What a framer may know of the client's end of its connection, and tell of it."""

    address: Callable[[], tuple[str, int]]
    """Where this client finds the server: its own edge."""
    note_session: Callable[[str], None]
    """Takes the name by which the server knows this connection, so that what it did can be told by whom."""
    note_change: Callable[[dict[str, Json]], None]
    """Takes a change at the server as soon as it is seen to have happened, whatever becomes of the answer."""
    refuses_session: Callable[[], bool] = lambda: False
    """Tells, of a client that is about to use a session, whether the server is to have none for it."""


@dataclass(slots=True, eq=False)
class Piece:
    """Bytes to forward, in order. All bytes of all pieces of a direction are exactly that direction's stream.

    `exchange` is None for bytes that belong to none (set-up, opaque). `first` opens a leg of the exchange and
    `last` ends it. The names are set when the first piece of the leg that is `named_by` comes out. What came together
    and belongs to one leg is one piece, however many messages of the protocol it is.
    """

    data: bytes
    exchange: Exchange | None = None
    first: bool = False
    last: bool = False


class Framer(Protocol):
    """One connection. `client_sent` and `server_sent` return what may be forwarded now, in order.

    `in_order`: replies say in no other way which request they answer. Where one is lost nothing behind it may arrive,
    or the client would take it for the answer to something else. One whose clients may close their half of the connection
    behind a request, and still read the answer, says so by `answers_half_closed = True`. Where only the answer tells what a
    request changed, `told_by_answers = True` has it waited for although its client is gone.
    """

    in_order: ClassVar[bool]

    def client_sent(self, data: bytes) -> Iterable[Piece]: ...
    def server_sent(self, data: bytes) -> Iterable[Piece]: ...
    def client_closed(self) -> Iterable[Piece]:
        """Return what was kept of an unfinished message, for the client's direction has ended."""
        ...

    def server_closed(self) -> Iterable[Piece]: ...

    @property
    def opaque(self) -> str:
        """The reason why the rest of this connection is not understood (encrypted, unknown version), or ""."""
        ...


@runtime_checkable
class Failing(Protocol):
    """A framer whose protocol has an answer for a server that failed, which the tap can give in its stead."""

    def failed(self, exchange: Exchange, status: int, body: Json) -> bytes:
        """Return the whole answer to the request of `exchange`."""
        ...

    def answer_unserved(self, exchange: Exchange, answer: bytes) -> None:
        """Let `server_sent` answer the request of `exchange` in its turn, for the server never gets it."""
        ...


@runtime_checkable
class Refusing(Protocol):
    """A framer whose protocol has an answer for records that a broker does not take."""

    def too_large(self, exchange: Exchange) -> bytes | None:
        """Return the whole answer that refuses every record of a request as too large; None if there is none to give."""
        ...

    def answer_unserved(self, exchange: Exchange, answer: bytes) -> None:
        """See `Failing`."""
        ...


@runtime_checkable
class Revoking(Protocol):
    """A framer whose protocol has transactions, which the server may roll back at a statement."""

    def roll_back(self, exchange: Exchange, verb: str, sqlstate: str) -> bytes | None:
        """Return the request to pass on instead, at which the server rolls the transaction back; None if it cannot be done.

        `verb` is that of the statement of `exchange` that fails. The answer will be an error of `sqlstate`.
        """
        ...
