"""What a gateway's history came to: what clients sent, what instances saw, who was listed, and what went wrong when."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import msgspec

from shaketable.history import Json, Op
from shaketable.mapping.conditions import holds
from shaketable.mapping.facts_reader import FactsReader
from shaketable.mapping.happenings import happenings
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.troubles import Trouble, read_troubles
from shaketable.mapping.value_paths import Part, compiled, text
from shaketable_patterns.gateway.parties import parties_of
from shaketable_patterns.gateway.readings import canonical, lies_below, readings
from shaketable_patterns.gateway.roles import Demand, Forwarded, Gateway, Membership, Upstream

_SUCCESS = range(200, 300)


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A request that a client sent; its token is `good`, or `bad`, or either may be said of it."""

    op: Op
    of: str
    path: str
    user: str
    good: bool
    bad: bool
    once: bool
    end_ms: int
    """When it was answered, or given up; the end of the run where it was neither."""

    @property
    def at(self) -> int:
        return self.op.invoked.index

    @property
    def returned(self) -> int:
        return -1 if self.op.completed is None else self.op.completed.index

    @property
    def begin_ms(self) -> int:
        return self.op.invoked.time_ms

    @property
    def status(self) -> Json:
        """The status of its answer; None without one."""
        return self.op.result.get("status") if isinstance(self.op.result, dict) else None

    @property
    def was_served(self) -> bool:
        return self.status in _SUCCESS

    @property
    def was_limited(self) -> bool:
        return bool(self.status == 429)

    @property
    def told(self) -> str:
        """How it ended, in words."""
        return "had no answer" if self.status is None else f"was answered {self.status}"


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A request that an instance saw."""

    at: int
    time_ms: int
    of: str
    instance: str
    path: str
    user: str
    via: str


class Listed(msgspec.Struct, frozen=True, gc=False):
    """An instance was put on the list, or taken off it, at some time between two moments; for certain, or perhaps."""

    at: int
    begin_ms: int
    end_ms: int
    listed: bool
    certain: bool


class GatewayFacts:
    """What happened at a gateway."""

    def __init__(self, mapping: Mapping, index: HistoryIndex) -> None:
        self.index = index
        self.gateway = next(iter(mapping.of(Gateway)), Gateway(part="gateway"))
        self.upstreams = mapping.of(Upstream)
        self._demands = mapping.of(Demand)
        self._forwarded = mapping.of(Forwarded)
        self._memberships = mapping.of(Membership)

    @property
    def end_ms(self) -> int:
        """The time of the last event."""
        return self.index.events[-1].time_ms if self.index.events else 0

    @cached_property
    def troubles(self) -> list[Trouble]:
        """What went wrong, by when it began: a process is in trouble until it is started again, a message from when its fault was armed.

        On real servers the receipt of a message that is held comes when it goes on.
        """
        return [self._whole(one) for one in read_troubles(self.index, 0)]

    def _whole(self, trouble: Trouble) -> Trouble:
        fault = trouble.fault
        if isinstance(fault.value, dict) and "at" in fault.value:
            return msgspec.structs.replace(trouble, begin_ms=min(trouble.begin_ms, fault.time_ms))
        name = (
            fault.process if fault.kind == "crash" else _service(fault.value) if fault.name == "crash" else ""
        )
        if not name:
            return trouble
        times = (one.time_ms for one in self.index.events if one.kind == "restart" and one.process == name)
        back_ms = min((ms for ms in times if ms >= trouble.begin_ms), default=self.end_ms)
        return msgspec.structs.replace(trouble, end_ms=back_ms)

    @cached_property
    def sent(self) -> list[Sent]:
        """Every request, in the order in which they were sent."""
        found = [one for role in self._demands for one in self._read_sent(role)]
        found.sort(key=lambda one: one.at)
        return found

    @cached_property
    def seen(self) -> list[Seen]:
        """Every request that an instance saw, in order."""
        found = []
        for role in self._forwarded:
            values = [compiled(path) for path in (role.instance, role.path, role.user, role.via)]
            for one in happenings(role.seen, self.index):
                instance, path, user, via = (text(read(one.what)) for read in values)
                found.append(Seen(one.at, self.index.time_ms(one.at), one.of, instance, path, user, via))
        found.sort(key=lambda one: one.at)
        return found

    @cached_property
    def seen_of(self) -> dict[str, list[Seen]]:
        """The same by the request."""
        found: dict[str, list[Seen]] = {}
        for one in self.seen:
            found.setdefault(one.of, []).append(one)
        return found

    @cached_property
    def listings(self) -> dict[str, list[Listed]]:
        """When each instance was put on the list or taken off it."""
        found: dict[str, list[Listed]] = {}
        for role in self._memberships:
            read, listed = compiled(role.instance), holds(role.listed)
            for op in self.index.ops(role.op):
                source = Part(field=op.invoked.value, answer=op.result)
                change = Listed(
                    op.invoked.index,
                    op.invoked.time_ms,
                    self.end_ms if op.completed is None else op.completed.time_ms,
                    listed(source),
                    op.outcome == "ok",
                )
                if op.outcome != "fail":
                    found.setdefault(text(read(source)), []).append(change)
        return found

    def instances_in(self, trouble: Trouble) -> frozenset[str]:
        """Return the instances that a trouble is about; empty if it is about anything else too."""
        known = {name for upstream in self.upstreams for name in upstream.instances}
        parties = parties_of(trouble.fault)
        beside = parties - known - {self.gateway.part, *self.gateway.replicas}
        return frozenset() if trouble.busy or beside else parties & known

    def is_listed(self, instance: str, begin_ms: int, end_ms: int, lag_ms: int) -> bool | None:
        """Tell whether an instance was listed all the time, or not at all, and all knew it; None where that is not certain."""
        if self.listings and self._may_not_know(begin_ms - lag_ms, end_ms):
            return None
        state: bool | None = True
        for change in self.listings.get(instance, ()):
            if change.begin_ms > end_ms:
                break
            if change.certain and change.end_ms + lag_ms < begin_ms:
                state = change.listed
            elif state is not change.listed:
                state = None
        return state

    def _may_not_know(self, begin_ms: int, end_ms: int) -> bool:
        """Tell whether anything was wrong meanwhile that may have kept the gateway from the list."""
        near = (one for one in self.troubles if one.begin_ms <= end_ms and one.end_ms >= begin_ms)
        return any(not self.instances_in(one) for one in near)

    def upstream_of(self, path: str) -> Upstream | None:
        """Return the most specific route that holds a path, read already; None without one."""
        found = [one for one in self.upstreams if lies_below(path, one.prefix)]
        return max(found, key=lambda one: len(one.prefix), default=None)

    def plain_upstream_of(self, sent: Sent) -> Upstream | None:
        """Return the route of a request whose path can be read in one way only; None for any other."""
        return self.upstream_of(sent.path) if is_plain(sent.path) else None

    def _read_sent(self, role: Demand) -> list[Sent]:
        values: list[Callable[[Part], Json]] = [compiled(path) for path in (role.of, role.path, role.user)]
        found = []
        for op in self.index.ops(role.op):
            source = Part(field=op.invoked.value, answer=op.result)
            of, path, user = (text(read(source)) for read in values)
            end_ms = self.end_ms if op.completed is None else op.completed.time_ms
            found.append(
                Sent(
                    op,
                    of,
                    path,
                    user,
                    role.is_good(source),
                    role.is_bad(source),
                    role.is_once(source),
                    end_ms,
                )
            )
        return found


def _service(value: Json) -> str:
    return str(value.get("service", "")) if isinstance(value, dict) else ""


def is_plain(path: str) -> bool:
    """Tell whether a path is what every reading of it gives, and no gateway has a reason to refuse it."""
    return "%" not in path and readings(path) == {path} and canonical(path) == path


class GatewayReader(FactsReader[GatewayFacts]):
    """Makes the facts of a mapping's gateway, once a history."""

    __slots__ = ()

    def _facts(self, index: HistoryIndex) -> GatewayFacts:
        return GatewayFacts(self._mapping, index)
