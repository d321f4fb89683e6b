"""Faults of all traffic between two parties, for a while."""

from __future__ import annotations

from shaketable.faults.fault_type import FaultType, Need


class LinkFault(FaultType, frozen=True, kw_only=True):
    """Something happens to all traffic of `sender` to `receiver`, both legs, for `for_ms`. Either may be a role."""

    sender: str
    receiver: str
    for_ms: int

    @property
    def parties(self) -> tuple[str, ...]:
        return (self.sender, self.receiver)

    @property
    def lasts_ms(self) -> int:
        return self.for_ms

    def plainer(self) -> tuple[Partition | Latency, ...]:
        """Return faults that are easier to understand, the plainest first, which the shrinker tries instead."""
        return ()


class Partition(LinkFault, frozen=True, tag="partition", kw_only=True):
    """Nothing passes and nothing closes: messages are lost, connects time out."""

    needs, words = Need.LINKS, "let nothing pass between {sender} and {receiver} for {for_ms}"


class Latency(LinkFault, frozen=True, tag="latency", kw_only=True):
    """Each leg takes `delay_ms` longer."""

    needs, words = Need.LINKS, "delay each leg by {delay_ms} between {sender} and {receiver} for {for_ms}"
    delay_ms: int


class PoolExhausted(LinkFault, frozen=True, tag="pool_exhausted", kw_only=True):
    """The database `receiver` has no session for `sender`: what would begin one is refused, and certainly did not happen.

    A transaction that has begun goes on to its end. A connection that stands idle is closed with the refusal, as a pooler
    does whose own connections are all in use. (SQLSTATE 53300 in appendix A of PostgreSQL's documentation; its chapter 19,
    `max_connections`.)
    """

    needs, words = Need.LINKS, "refuse {sender} every new transaction at {receiver} for {for_ms}"

    def plainer(self) -> tuple[Partition | Latency, ...]:
        return (Partition(sender=self.sender, receiver=self.receiver, for_ms=self.for_ms),)


WireLink = Partition | Latency | PoolExhausted
"""Those that the wire itself makes, in every world."""
