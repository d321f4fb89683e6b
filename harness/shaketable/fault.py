"""What can go wrong: frozen data, one small type a fault, meaning only. Worlds supply the mechanism.

Message faults act on one leg of one boundary: `request` is before the effect, `reply` after it.
`docs/faults.md` is the contract every world implements.
"""

from __future__ import annotations

import msgspec

from shaketable.boundary import Boundary, Leg


class MessageFault(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", forbid_unknown_fields=True):
    """Something happens to the message at boundary `at`, on `leg`, whichever replica it is of."""

    at: str
    leg: Leg

    def __post_init__(self) -> None:
        Boundary.parse(self.at)

    @property
    def boundary(self) -> Boundary:
        return Boundary.parse(self.at)


class Drop(MessageFault, frozen=True, tag="drop", kw_only=True):
    """The message vanishes; the sender waits until its own timeout. Outcome: unknown to the sender."""


class Cut(MessageFault, frozen=True, tag="cut", kw_only=True):
    """The connection is reset instead of delivering this leg; the sender sees the reset at once."""


class Hold(MessageFault, frozen=True, tag="hold", kw_only=True):
    """The message is delivered `for_ms` later; others overtake it."""

    for_ms: int

    def __post_init__(self) -> None:
        Boundary.parse(self.at)
        _positive("for_ms", self.for_ms)


class Duplicate(MessageFault, frozen=True, tag="duplicate", kw_only=True):
    """The receiver gets the request twice (an HTTP request, a produce, a cache command)."""


class CrashSender(MessageFault, frozen=True, tag="crash_sender", kw_only=True):
    """The sender loses power: before the message leaves, or after its effect and before the reply."""

    down_ms: int = 1_000


class CrashReceiver(MessageFault, frozen=True, tag="crash_receiver", kw_only=True):
    """The receiver loses power: before it acts, or after it acted and before it answers."""

    down_ms: int = 1_000


class ServiceFault(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", forbid_unknown_fields=True):
    """Something happens to one process, now, or to every replica of the role `service`."""

    service: str


class Crash(ServiceFault, frozen=True, tag="crash", kw_only=True):
    """A power cut: no `finally` runs, uncommitted state is gone. It comes back after `down_ms`."""

    down_ms: int = 1_000


class Pause(ServiceFault, frozen=True, tag="pause", kw_only=True):
    """The process stands still for `for_ms` (SIGSTOP, a long collection): its timers are late afterwards."""

    for_ms: int


class Restart(ServiceFault, frozen=True, tag="restart", kw_only=True):
    """An orderly stop and start (SIGTERM, a deployment): clean-up code runs."""

    down_ms: int = 100


class ClockStep(ServiceFault, frozen=True, tag="clock_step", kw_only=True):
    """The wall clock of one service jumps by `delta_ms`, back if negative; its monotonic clock does not."""

    delta_ms: int


class CacheLoss(ServiceFault, frozen=True, tag="cache_loss", kw_only=True):
    """The cache `service` forgets everything and stays up."""


class LinkFault(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", forbid_unknown_fields=True):
    """Something happens to all traffic of `sender` to `receiver`, both legs, for `for_ms`. Either may be a role."""

    sender: str
    receiver: str
    for_ms: int


class Partition(LinkFault, frozen=True, tag="partition", kw_only=True):
    """Nothing passes and nothing closes: messages are lost, connects time out."""


class Latency(LinkFault, frozen=True, tag="latency", kw_only=True):
    """Each leg takes `delay_ms` longer."""

    delay_ms: int


class Bandwidth(LinkFault, frozen=True, tag="bandwidth", kw_only=True):
    """Both directions carry `rate_kb_s` kilobytes a second; bytes, so real worlds with Toxiproxy only."""

    rate_kb_s: int


class Slicer(LinkFault, frozen=True, tag="slicer", kw_only=True):
    """Data arrives in slices of about `size_bytes`, `delay_us` microseconds apart. Toxiproxy only."""

    size_bytes: int
    delay_us: int


class LimitData(LinkFault, frozen=True, tag="limit_data", kw_only=True):
    """Each connection closes after `limit_bytes` in a direction, in the middle of a message. Toxiproxy only."""

    limit_bytes: int


class SlowClose(LinkFault, frozen=True, tag="slow_close", kw_only=True):
    """The end of a connection arrives `delay_ms` late. Toxiproxy only."""

    delay_ms: int


class ResetPeer(LinkFault, frozen=True, tag="reset_peer", kw_only=True):
    """New connections are reset `after_ms` after their first reply data: the request was served. Toxiproxy only."""

    after_ms: int


class Blackhole(LinkFault, frozen=True, tag="blackhole", kw_only=True):
    """Bytes vanish and nothing closes until the heal, which closes the connections. Toxiproxy's `timeout` 0."""


class Refuse(LinkFault, frozen=True, tag="refuse", kw_only=True):
    """Nothing listens: connects are refused, open connections end. Toxiproxy's `enabled=false`."""


ByteLevel = Bandwidth | Slicer | LimitData | SlowClose | ResetPeer | Blackhole | Refuse
Message = Drop | Cut | Hold | Duplicate | CrashSender | CrashReceiver
AtService = Crash | Pause | Restart | ClockStep | CacheLoss
Link = Partition | Latency | ByteLevel
Fault = Message | AtService | Link

ONCE_ONLY = frozenset(
    {
        *("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "CALL", "COMMIT", "ROLLBACK"),
        *("FETCH", "OFFSET_COMMIT"),
    }
)


def name_of(fault: Fault) -> str:
    """Return the word for a fault in histories, files and reports."""
    return str(fault.__struct_config__.tag)


def parties_of(fault: Fault) -> tuple[str, ...]:
    """Return the parties concerned: the victim first, then the one at the other end."""
    match fault:
        case Crash() | Restart() | Pause() | ClockStep() | CacheLoss():
            return (fault.service,)
        case Drop() | Cut() | Hold() | Duplicate() | CrashSender() | CrashReceiver():
            return (fault.boundary.route.sender, fault.boundary.route.receiver)
        case _:
            return (fault.sender, fault.receiver)


def can_duplicate(verb: str) -> bool:
    """Tell whether a request with this verb can arrive twice.

    A SQL statement lives inside one session and cannot; a client drops a fetch that it did not ask for. A second delivery comes from a produce that was doubled, or from an offset commit that was lost.
    """
    return verb not in ONCE_ONLY


def _positive(field: str, value: int) -> None:
    if value < 0:
        raise ValueError(f"{field} must not be negative, got {value}")
