"""Faults of a member of a consumer group while it works on a record."""

from __future__ import annotations

from shaketable.boundary import Boundary, Route
from shaketable.faults.messages import Delivery, Hold, MessageFault

_COMMITS = frozenset({"OFFSET_COMMIT", "TXN_OFFSET_COMMIT"})


class PollTimeout(MessageFault, frozen=True, tag="poll_timeout", kw_only=True):
    """The sender is put out of its consumer groups as it sends the message, which is delivered `for_ms` later.

    So a broker is told by a client that has worked on a record for longer than `max.poll.interval.ms`, although it lives and sends
    heartbeats (Kafka's documentation of that setting): its partitions go to others, and what it commits for them is refused until
    it has joined again.
    """

    words = "put {sender} out of its groups at the {leg} of {at} {side}, which comes {for_ms} later"
    for_ms: int

    def __post_init__(self) -> None:
        Boundary.parse(self.at)
        if self.for_ms < 0:
            raise ValueError(f"for_ms must not be negative, got {self.for_ms}")

    def plainer(self) -> tuple[Delivery, ...]:
        late = Hold(at=self.at, leg=self.leg, for_ms=self.for_ms)
        return (*late.plainer(), late)


def commits_offsets(route: Route) -> bool:
    """Tell whether its sender commits offsets by it, and so is a member of a group."""
    return route.verb in _COMMITS


def is_fetch(route: Route) -> bool:
    """Tell whether its messages ask for records: who asks does not work on one."""
    return route.verb == "FETCH"
