"""Faults of one message: each acts on one leg, `request` before the effect, `reply` after it."""

from __future__ import annotations

from http import HTTPStatus

from shaketable.boundary import Boundary, Leg, Route
from shaketable.faults.fault_type import FaultType, Need

ONCE_ONLY = frozenset(
    {
        *(
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "MERGE",
            "COPY",
            "COPY_OUT",
            "DECLARE",
            "CALL",
            "COMMIT",
            "ROLLBACK",
        ),
        *("PREPARE_TRANSACTION", "COMMIT_PREPARED", "ROLLBACK_PREPARED"),
        *("FETCH", "OFFSET_COMMIT", "TXN_OFFSET_COMMIT", "INIT_PRODUCER_ID"),
    }
)


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class MessageFault(FaultType, frozen=True, kw_only=True):
    """Something happens to the message at boundary `at`, on `leg`, whichever replica it is of."""

    needs = Need.MESSAGES
    at: str
    leg: Leg

    def __post_init__(self) -> None:
        Boundary.parse(self.at)

    @property
    def boundary(self) -> Boundary:
        return Boundary.parse(self.at)

    @property
    def parties(self) -> tuple[str, ...]:
        return (self.sender, self.receiver)

    @property
    def sender(self) -> str:
        return self.boundary.route.sender

    @property
    def receiver(self) -> str:
        return self.boundary.route.receiver

    @property
    def lasts_ms(self) -> int:
        """A message that is late or lost is so whether or not time passes."""
        return 0

    @property
    def side(self) -> str:
        """On which side of the message's effect it happens."""
        return "(before its effect)" if self.leg == "request" else "(after its effect)"

    def plainer(self) -> tuple[Delivery, ...]:
        """Return faults that are easier to understand, the plainest first, which the shrinker tries instead."""
        return ()


class Drop(MessageFault, frozen=True, tag="drop", kw_only=True):
    """The message vanishes; the sender waits until its own timeout. Outcome: unknown to the sender."""

    words = "lose the {leg} of {at} {side}"


class Cut(MessageFault, frozen=True, tag="cut", kw_only=True):
    """The connection is reset instead of delivering this leg; the sender sees the reset at once."""

    words = "reset the connection on the {leg} of {at} {side}"

    def plainer(self) -> tuple[Delivery, ...]:
        return (Drop(at=self.at, leg=self.leg),)


class Hold(MessageFault, frozen=True, tag="hold", kw_only=True):
    """The message is delivered `for_ms` later; others overtake it."""

    words = "hold the {leg} of {at} for {for_ms} {side}"
    for_ms: int

    def __post_init__(self) -> None:
        Boundary.parse(self.at)
        _positive("for_ms", self.for_ms)

    def plainer(self) -> tuple[Delivery, ...]:
        cut = Cut(at=self.at, leg=self.leg)
        return (*cut.plainer(), cut)


class Duplicate(MessageFault, frozen=True, tag="duplicate", kw_only=True):
    """The receiver gets the request twice (an HTTP request, a produce, a cache command)."""

    words = "deliver the {leg} of {at} twice"

    def plainer(self) -> tuple[Delivery, ...]:
        late = Hold(at=self.at, leg=self.leg, for_ms=1_000)
        return (*late.plainer(), late)


class ServerError(MessageFault, frozen=True, tag="server_error", kw_only=True):
    """An HTTP request is answered `status`, 5xx, instead of being passed on, or instead of the answer to its effect."""

    words = "answer {status} at the {leg} of {at} {side}"
    status: int = 503

    def __post_init__(self) -> None:
        Boundary.parse(self.at)
        if not 500 <= self.status <= 599:
            raise ValueError(f"status must be 500 to 599, got {self.status}")

    @property
    def body(self) -> dict[str, str]:
        """The body of the answer, alike in every world; as JSON."""
        try:
            return {"error": HTTPStatus(self.status).phrase}
        except ValueError:
            return {"error": "Server Error"}

    def plainer(self) -> tuple[Delivery, ...]:
        cut = Cut(at=self.at, leg=self.leg)
        return (*cut.plainer(), cut)


class CrashAtMessage(MessageFault, frozen=True, kw_only=True):
    """A party of the message loses power at it, for `down_ms`."""

    down_ms: int = 1_000

    @property
    def lasts_ms(self) -> int:
        """At least this long, if its message comes at once."""
        return self.down_ms

    def plainer(self) -> tuple[Delivery, ...]:
        twice = Duplicate(at=self.at, leg=self.leg)
        return (*twice.plainer(), *((twice,) if can_duplicate(self.boundary.route.verb) else ()))


class CrashSender(CrashAtMessage, frozen=True, tag="crash_sender", kw_only=True):
    """The sender loses power: before the message leaves, or after its effect and before the reply."""

    words = "cut the power of {sender} at the {leg} of {at} {side}, down {down_ms}"


class CrashReceiver(CrashAtMessage, frozen=True, tag="crash_receiver", kw_only=True):
    """The receiver loses power: before it acts, or after it acted and before it answers."""

    words = "cut the power of {receiver} at the {leg} of {at} {side}, down {down_ms}"


Delivery = Drop | Cut | Hold | Duplicate | ServerError | CrashSender | CrashReceiver
"""What happens to a message and its answer, whatever it is about."""


def can_duplicate(verb: str) -> bool:
    """Tell whether a message can arrive twice.

    A SQL statement lives inside one session and cannot; a client drops a fetch it did not ask for. A second delivery
    comes from a produce that was doubled, or from an offset commit that was lost. A producer that takes its id twice has the
    second one, which only its own second request would tell it.
    """
    return verb not in ONCE_ONLY


def is_http(route: Route) -> bool:
    """Tell whether its messages are HTTP requests: a method, and a path as the key."""
    return route.verb in _METHODS and route.key.startswith("/")


def _positive(field: str, value: int) -> None:
    if value < 0:
        raise ValueError(f"{field} must not be negative, got {value}")
