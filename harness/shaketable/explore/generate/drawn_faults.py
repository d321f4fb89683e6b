"""What generators draw: one table of every type of fault, with whom it is drawn for and how large it is.

A fault is drawn where the world provides what it needs (`shaketable.world_traits.Traits`) and the subject has a party for
it. All that are possible are equally likely, faults of bytes together as likely as one of the others: seven kinds of the
same trouble would crowd the rest out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from shaketable.boundary import Boundary, Leg
from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS, FaultOptions
from shaketable.fault import (
    AtService,
    Bandwidth,
    Blackhole,
    CacheLoss,
    ClockStep,
    Crash,
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Fault,
    FaultType,
    Hold,
    KeyEviction,
    Latency,
    LimitData,
    Link,
    Message,
    Need,
    Partition,
    Pause,
    PollTimeout,
    PoolExhausted,
    Refuse,
    ResetPeer,
    Restart,
    Retention,
    Rollback,
    ServerError,
    Slicer,
    SlowClose,
    TooLarge,
    UnreadableRecord,
    can_duplicate,
    is_fetch,
    is_http,
    is_produce,
    is_statement,
    tag_of,
)
from shaketable.subject import System
from shaketable.world_traits import ALL_BUT_BYTES


@dataclass(frozen=True, slots=True)
class Targets:
    """The parties of a system that timed faults are drawn for."""

    roles: tuple[str, ...]
    processes: tuple[str, ...]
    clocked: tuple[str, ...]
    """The processes that read a clock of the harness."""
    links: tuple[tuple[str, str], ...]
    instances: tuple[str, ...] = ()
    """Replicas that share an address."""
    caches: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    """Servers whose power is cut too."""
    topics: tuple[tuple[str, str], ...] = ()
    """Each broker with a topic that the subject consumes."""
    expiring: tuple[str, ...] = ()
    """Brokers with a topic that may lose records by its retention."""
    sessions: tuple[tuple[str, str], ...] = ()
    """Those of the links whose receiver is a database."""

    @staticmethod
    def of(
        system: System,
        links: Sequence[tuple[str, str]],
        servers: tuple[str, ...] = (),
        topics: Sequence[tuple[str, str]] = (),
    ) -> Targets:
        """Return the targets of `system`; `links` are those on which its workload sends something."""
        parts = system.parts
        databases = [server.name for server in system.servers if server.protocol == "postgresql"]
        roles = tuple(dict.fromkeys(part.role for part in parts))
        targets = Targets(
            roles=roles,
            processes=tuple(part.name for part in parts),
            clocked=tuple(part.name for part in parts if not part.is_black_box),
            links=tuple(dict.fromkeys(links)),
            caches=system.caches,
            servers=servers,
            topics=tuple(dict.fromkeys(topics)),
            expiring=(system.server_speaking("kafka"),) if any(t.expires for t in system.topics) else (),
            sessions=tuple(dict.fromkeys(link for link in links if link[1] in databases)),
        )
        return targets.one_by_one({role: [p.name for p in parts if p.role == role] for role in roles})

    def one_by_one(self, replicas: Mapping[str, Sequence[str]]) -> Targets:
        """Return targets that name, of the `replicas` of each role that is asked for something, every one as well.

        They are behind one address, so what happens to one of them alone is met by requests to all.
        """
        asked = {role: names for _, role in self.links if len(names := replicas.get(role, ())) > 1}
        return replace(
            self,
            links=(
                *self.links,
                *((sender, one) for sender, role in self.links for one in asked.get(role, ())),
            ),
            instances=tuple(one for names in asked.values() for one in names),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A leg of a message; only the roles in `services` can lose power at it, and those in `members` are in consumer groups."""

    boundary: Boundary
    leg: Leg
    services: frozenset[str]
    members: frozenset[str] = frozenset()


Size = int | str
Sizes = Callable[[FaultOptions], Mapping[str, Sequence[Size]]]
"""The values to choose from for each size of a fault, by the name of its field."""


def _no_sizes(_: FaultOptions) -> Mapping[str, Sequence[Size]]:
    return {}


def _anywhere(_: Place) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class MessageDraw:
    """A fault of messages. At a place where it does not fit `instead` is drawn, so that no number is wasted."""

    sizes: Sizes = _no_sizes
    fits: Callable[[Place], bool] = _anywhere
    instead: type[Message] = Drop


@dataclass(frozen=True, slots=True)
class TimedDraw:
    """A fault of a service or a link; `whom` lists the parties or links to choose from. Pairs are written under `fields`."""

    whom: Callable[[Targets], Sequence[str | tuple[str, str]]]
    sizes: Sizes = _no_sizes
    fields: tuple[str, str] = ("sender", "receiver")


def _on_link(sizes: Sizes = _no_sizes) -> TimedDraw:
    return TimedDraw(lambda t: t.links, lambda o: {"for_ms": o.link_faults_ms, **sizes(o)})


MESSAGE_DRAWS: Mapping[type[Message], MessageDraw] = {
    Cut: MessageDraw(),
    Hold: MessageDraw(lambda o: {"for_ms": o.holds_ms}),
    Duplicate: MessageDraw(fits=lambda p: can_duplicate(p.boundary.route.verb), instead=CrashSender),
    ServerError: MessageDraw(
        lambda o: {"status": o.statuses}, lambda p: is_http(p.boundary.route), instead=Cut
    ),
    CrashSender: MessageDraw(
        lambda o: {"down_ms": o.down_ms}, lambda p: p.boundary.route.sender in p.services
    ),
    CrashReceiver: MessageDraw(
        lambda o: {"down_ms": o.down_ms}, lambda p: p.boundary.route.receiver in p.services
    ),
    Rollback: MessageDraw(
        lambda o: {"sqlstate": o.sqlstates},
        lambda p: p.leg == "request" and is_statement(p.boundary.route),
        instead=Cut,
    ),
    TooLarge: MessageDraw(
        lambda o: {"times": o.refusals},
        lambda p: p.leg == "request" and is_produce(p.boundary.route),
        instead=Cut,
    ),
    PollTimeout: MessageDraw(
        lambda o: {"for_ms": o.holds_ms},
        lambda p: p.boundary.route.sender in p.members and not is_fetch(p.boundary.route),
        instead=Hold,
    ),
    Drop: MessageDraw(),
}

TIMED_DRAWS: Mapping[type[AtService | Link], TimedDraw] = {
    Crash: TimedDraw(lambda t: (*t.roles, *t.servers, *t.instances), lambda o: {"down_ms": o.outages_ms}),
    Pause: TimedDraw(lambda t: t.processes, lambda o: {"for_ms": o.outages_ms}),
    Restart: TimedDraw(lambda t: (*t.roles, *t.instances), lambda o: {"down_ms": o.outages_ms}),
    ClockStep: TimedDraw(lambda t: t.clocked, lambda o: {"delta_ms": o.clock_steps_ms}),
    CacheLoss: TimedDraw(lambda t: t.caches),
    UnreadableRecord: TimedDraw(lambda t: t.topics, lambda o: {"key": o.foreign_keys}, ("service", "topic")),
    KeyEviction: TimedDraw(lambda t: t.caches, lambda o: {"shares": o.key_shares, "share": o.lost_shares}),
    Retention: TimedDraw(lambda t: t.expiring, lambda o: {"keep": o.kept_records}),
    Partition: _on_link(),
    Latency: _on_link(lambda o: {"delay_ms": o.delays_ms}),
    PoolExhausted: TimedDraw(lambda t: t.sessions, lambda o: {"for_ms": o.link_faults_ms}),
    Bandwidth: _on_link(lambda o: {"rate_kb_s": o.rates_kb_s}),
    Slicer: _on_link(lambda o: {"size_bytes": o.slices_bytes, "delay_us": o.slice_delays_us}),
    LimitData: _on_link(lambda o: {"limit_bytes": o.limits_bytes}),
    SlowClose: _on_link(lambda o: {"delay_ms": o.delays_ms}),
    ResetPeer: _on_link(lambda o: {"after_ms": o.delays_ms}),
    Blackhole: _on_link(),
    Refuse: _on_link(),
}


def consumed(boundaries: Sequence[Boundary]) -> list[tuple[str, str]]:
    """Return each broker with a topic of which a record was fetched."""
    fetched = [b.route for b in boundaries if b.route.verb == "FETCH"]
    return list(dict.fromkeys((route.receiver, route.key.partition("/")[0]) for route in fetched))


LEGS: tuple[Leg, Leg] = ("request", "reply")
_MESSAGES: tuple[type[Message], ...] = tuple(MESSAGE_DRAWS)


def message_fault(place: Place, kind: int, options: FaultOptions, size: int) -> Message:
    """Decode a message fault that makes sense at `place`: kinds are equally likely, `kind` counts them."""
    drawn = _MESSAGES[kind % len(_MESSAGES)]
    while not MESSAGE_DRAWS[drawn].fits(place):
        drawn = MESSAGE_DRAWS[drawn].instead
    fields = {"at": str(place.boundary), "leg": place.leg}
    fault: Message = msgspec.convert(
        _fields(drawn, fields, MESSAGE_DRAWS[drawn].sizes(options), size), Message
    )
    return fault


def _fields(
    kind: type[FaultType], fields: Mapping[str, str], sizes: Mapping[str, Sequence[Size]], pick: int
) -> dict[str, str | int]:
    """Return a fault of `kind` as the data it is written as."""
    written: dict[str, str | int] = {"fault": tag_of(kind), **fields}
    for name, values in sizes.items():
        pick, which = divmod(pick, len(values))
        written[name] = values[which]
    return written


class TimedFaults:
    """Decodes drawn numbers into faults of `targets` that land in a world with what is in `provided`. False if there is none."""

    __slots__ = ("_options", "_targets", "kinds")

    def __init__(
        self,
        targets: Targets,
        options: FaultOptions = DEFAULT_FAULT_OPTIONS,
        provided: frozenset[Need] = ALL_BUT_BYTES,
    ) -> None:
        self._targets = targets
        self._options = options
        possible = [
            kind for kind, draw in TIMED_DRAWS.items() if kind.needs in provided and draw.whom(targets)
        ]
        of_bytes = tuple(kind for kind in possible if kind.needs is Need.BYTES)
        single = [(kind,) for kind in possible if kind.needs is not Need.BYTES]
        self.kinds: tuple[tuple[type[AtService | Link], ...], ...] = (
            *single,
            *((of_bytes,) if of_bytes else ()),
        )
        """What can be drawn, in groups that are equally likely."""

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def fault(self, pick: int) -> Fault:
        """Decode a fault. Raises ValueError if none is possible."""
        if not self.kinds:
            raise ValueError("the subject has no party and no link that a fault could be drawn for")
        pick, group = divmod(pick, len(self.kinds))
        pick, which = divmod(pick, len(self.kinds[group]))
        kind = self.kinds[group][which]
        draw = TIMED_DRAWS[kind]
        whom = draw.whom(self._targets)
        one = whom[pick % len(whom)]
        parties = {"service": one} if isinstance(one, str) else dict(zip(draw.fields, one, strict=True))
        fields = _fields(kind, parties, draw.sizes(self._options), pick // len(whom))
        fault: Fault = msgspec.convert(fields, Fault)
        return fault
