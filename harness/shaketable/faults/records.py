"""Faults of records, which their broker does not take."""

from __future__ import annotations

from shaketable.boundary import Boundary, Route
from shaketable.faults.messages import Cut, Delivery, MessageFault


class TooLarge(MessageFault, frozen=True, tag="too_large", kw_only=True):
    """The broker refuses the record as too large, and the `times` - 1 next ones of the same topic and key.

    Nothing is appended, and the producer is told so: Kafka's error 10, MESSAGE_TOO_LARGE, which its clients do not retry. A
    record is refused for as long as the topic's limit stands, so one refusal is a limit that is raised at once, and many are
    one that is raised late or never. (`max.message.bytes` among the topic configurations of Apache Kafka's documentation.)
    """

    words = "refuse {at} as too large, {times} times in a row, on the {leg} {side}"
    times: int = 1

    def __post_init__(self) -> None:
        Boundary.parse(self.at)
        if self.times < 1:
            raise ValueError(f"times must be at least 1, got {self.times}")

    def plainer(self) -> tuple[Delivery, ...]:
        return (Cut(at=self.at, leg=self.leg),)


def is_produce(route: Route) -> bool:
    """Tell whether its messages are records on their way to a broker."""
    return route.verb == "PRODUCE"
