"""Faults of the bytes between two parties, for a while: Toxiproxy's, behind each edge of the real worlds."""

from __future__ import annotations

from shaketable.faults.fault_type import Need
from shaketable.faults.links import Latency, LinkFault, Partition


class SlowBytes(LinkFault, frozen=True, kw_only=True):
    """Bytes come later than they would; where that is enough, a plain latency tells the same story in every world."""

    needs = Need.BYTES

    def plainer(self) -> tuple[Partition | Latency, ...]:
        return (Latency(sender=self.sender, receiver=self.receiver, for_ms=self.for_ms, delay_ms=1_000),)


class LostBytes(LinkFault, frozen=True, kw_only=True):
    """Bytes or connections are lost; where that is enough, a plain partition tells the same story in every world."""

    needs = Need.BYTES

    def plainer(self) -> tuple[Partition | Latency, ...]:
        return (Partition(sender=self.sender, receiver=self.receiver, for_ms=self.for_ms),)


class Bandwidth(SlowBytes, frozen=True, tag="bandwidth", kw_only=True):
    """Both directions carry `rate_kb_s` kilobytes a second; bytes, so real worlds with Toxiproxy only."""

    words = "carry {rate_kb_s} KB/s between {sender} and {receiver} for {for_ms}"
    rate_kb_s: int


class Slicer(SlowBytes, frozen=True, tag="slicer", kw_only=True):
    """Data arrives in slices of about `size_bytes`, `delay_us` microseconds apart. Toxiproxy only."""

    words = (
        "cut data into slices of {size_bytes} bytes, {delay_us} µs apart, "
        "between {sender} and {receiver} for {for_ms}"
    )
    size_bytes: int
    delay_us: int


class LimitData(LostBytes, frozen=True, tag="limit_data", kw_only=True):
    """Each connection closes after `limit_bytes` in a direction, in the middle of a message. Toxiproxy only."""

    words = "close each connection after {limit_bytes} bytes between {sender} and {receiver} for {for_ms}"
    limit_bytes: int


class SlowClose(SlowBytes, frozen=True, tag="slow_close", kw_only=True):
    """The end of a connection arrives `delay_ms` late. Toxiproxy only."""

    words = "let connections end {delay_ms} late between {sender} and {receiver} for {for_ms}"
    delay_ms: int


class ResetPeer(LostBytes, frozen=True, tag="reset_peer", kw_only=True):
    """New connections are reset `after_ms` after their first reply data: the request was served. Toxiproxy only."""

    words = (
        "reset new connections {after_ms} after their first reply data "
        "between {sender} and {receiver} for {for_ms}"
    )
    after_ms: int


class Blackhole(LostBytes, frozen=True, tag="blackhole", kw_only=True):
    """Bytes vanish and nothing closes until the heal, which closes the connections. Toxiproxy's `timeout` 0."""

    words = "swallow every byte and close nothing between {sender} and {receiver} for {for_ms}"


class Refuse(LostBytes, frozen=True, tag="refuse", kw_only=True):
    """No server listens: connects are refused, open connections end. Toxiproxy's `enabled=false`."""

    words = "refuse and end connections between {sender} and {receiver} for {for_ms}"


ByteLevel = Bandwidth | Slicer | LimitData | SlowClose | ResetPeer | Blackhole | Refuse
