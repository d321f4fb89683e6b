"""Where an instance stood: present, silent, or gone by its own will; and at which addresses it has been."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.mapping.history_index import CLIENT, HistoryIndex
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.value_paths import Part, compiled, text
from shaketable_patterns.service_registry.roles import Joining, Leaving, Member, Placing

State = Literal["present", "silent", "left", "unknown"]


class Stay(msgspec.Struct, frozen=True, gc=False):
    """From the event `at`, at `since_ms`, until the next one of its kind, an instance is in a state."""

    since_ms: int
    state: State
    at: int
    down_at: int = -1
    """Of a start the event by which the one before it ended; -1 of no start."""


class Presence:
    """The stays of one instance, and its addresses with the event of each: what its latest start was given comes after the end of the
    one before.

    A request of the start before may have been on its way, so the latest address alone says little; and on real servers a start is
    told once it is ready, which may be after it was given its address.
    """

    __slots__ = ("addresses", "member", "starts", "stays")

    def __init__(self, member: Member, stays: list[Stay], addresses: dict[str, int]) -> None:
        self.member = member
        self.stays = stays
        self.starts = [stay for stay in stays if stay.down_at >= 0]
        self.addresses = addresses

    def throughout(self, begin_ms: int, end_ms: int) -> Stay | None:
        """Return the stay that lasted for a whole span; None if it was not one alone."""
        found = None
        for stay in self.stays:
            if stay.since_ms <= begin_ms:
                found = stay
            elif stay.since_ms <= end_ms:
                return None
        return found

    def start_by(self, time_ms: int) -> Stay | None:
        """Return its latest start by a time; None for the first one."""
        return next((stay for stay in reversed(self.starts) if stay.since_ms <= time_ms), None)


def presences(mapping: Mapping, index: HistoryIndex) -> list[Presence]:
    """Read what became of each instance."""
    placed = _placed(mapping, index)
    moves = _moves(mapping, index)
    found = []
    for member in mapping.of(Member):
        stays = [Stay(0, "present", -1)]
        mine = [stay for part, stay in moves if part == member.part]
        stays += sorted(mine, key=lambda one: (one.since_ms, one.at))
        found.append(Presence(member, stays, placed.get(member.part, {})))
    return found


def _moves(mapping: Mapping, index: HistoryIndex) -> list[tuple[str, Stay]]:
    found = []
    down: dict[str, int] = {}
    for event in index.events:
        if event.process != CLIENT and event.kind in ("crash", "restart"):
            state: State = "silent" if event.kind == "crash" else "present"
            down_at = down.get(event.process, -1) if event.kind == "restart" else -1
            down[event.process] = event.index
            found.append((event.process, Stay(event.time_ms, state, event.index, down_at)))
    roles: tuple[Leaving | Joining, ...] = (*mapping.of(Leaving), *mapping.of(Joining))
    for role in roles:
        after: State = "left" if isinstance(role, Leaving) else "present"
        of = compiled(role.of)
        for op in index.ops(role.op):
            part = text(of(Part(field=op.invoked.value, answer=op.result)))
            if op.outcome == "fail":
                continue
            found.append((part, Stay(op.invoked.time_ms, "unknown", op.invoked.index)))
            if op.outcome == "ok" and op.completed is not None:
                found.append((part, Stay(op.completed.time_ms, after, op.completed.index)))
    return found


def _placed(mapping: Mapping, index: HistoryIndex) -> dict[str, dict[str, int]]:
    """Return the addresses of each instance, with the event by which it was given each."""
    found: dict[str, dict[str, int]] = {}
    for role in mapping.of(Placing):
        of, address = compiled(role.call.of), compiled(role.address)
        for entry in index.entries.get((role.call.partner, role.call.route), ()):
            found.setdefault(text(of(entry)), {})[text(address(entry))] = entry.at
    return found
