"""What happened to a registry: who was where and when, what was wrong meanwhile, and what each listing said."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shaketable.history import Op
from shaketable.mapping.facts_reader import FactsReader
from shaketable.mapping.history_index import CLIENT, HistoryIndex
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.value_paths import Part, compiled, text
from shaketable.profile import Profile
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_patterns.service_registry.presence import presences
from shaketable_patterns.service_registry.roles import Listing, RegistryReplica
from shaketable_patterns.service_registry.troubles import Trouble, lateness_ms, throughout, troubles_of


class Listed(msgspec.Struct, frozen=True, gc=False):
    """One listing that was answered: by whom, and the addresses of each instance in it."""

    op: Op
    at: str
    is_direct: bool
    places: dict[str, tuple[str, ...]]

    @property
    def begun_ms(self) -> int:
        return self.op.invoked.time_ms

    @property
    def ended_ms(self) -> int:
        return self.begun_ms if self.op.completed is None else self.op.completed.time_ms

    @property
    def index(self) -> int:
        """Where it stands in the history: at its answer."""
        return self.op.invoked.index if self.op.completed is None else self.op.completed.index


class RegistryFacts:
    """What happened to the registry of a mapping."""

    __slots__ = ("_mapping", "_profiled", "asked", "index", "listings", "presences", "registries")

    def __init__(self, mapping: Mapping, index: HistoryIndex) -> None:
        self.index = index
        self._mapping = mapping
        self._profiled: tuple[Profile, Bounds, list[Trouble]] | None = None
        self.registries = tuple(role.part for role in mapping.of(RegistryReplica))
        self.presences = presences(mapping, index)
        read = [one for role in mapping.of(Listing) for one in _listings(role, index)]
        self.asked = sorted(read, key=lambda one: one.op.invoked.index)
        self.listings = [one for one in self.asked if one.op.outcome == "ok"]

    def under(self, profile: Profile) -> tuple[Bounds, list[Trouble]]:
        """Return the bounds of a profile and the troubles of the run: registries that start need a while, too."""
        if self._profiled is None or self._profiled[0] is not profile:
            bounds = Bounds(profile)
            self._profiled = profile, bounds, self._troubles(profile, bounds)
        return self._profiled[1:]

    def _troubles(self, profile: Profile, bounds: Bounds) -> list[Trouble]:
        found = [Trouble(0, bounds.warm_up_ms, "start", self.registries, -1)]
        for trouble in troubles_of(self.index, profile):
            found.append(trouble)
            if trouble.kind == "down" and trouble.parties[0] in self.registries:
                up_ms = trouble.end_ms
                found.append(Trouble(up_ms, up_ms + bounds.warm_up_ms, "start", trouble.parties, trouble.at))
        return found

    def disturbed(self, profile: Profile, begin_ms: int, end_ms: int, *parties: str) -> list[Trouble]:
        """Return the troubles in a span that any of these parties had, or that the registries had among themselves."""
        _, troubles = self.under(profile)
        return [
            one
            for one in troubles
            if one.within(begin_ms, end_ms) and _concerns(one, parties, self.registries)
        ]

    def hindered(self, profile: Profile, begin_ms: int, end_ms: int, *parties: str) -> list[Trouble]:
        """Return the same without what a busy machine did: that only makes things late, see `late_ms`."""
        return [one for one in self.disturbed(profile, begin_ms, end_ms, *parties) if one.kind != "busy"]

    def late_ms(self, profile: Profile, begin_ms: int, end_ms: int) -> int:
        """Return by how much later than on a machine that is not busy something may be known that happened in a span.

        Where processes stood still for so long that requests timed out, the next fetch may be the first that brings it.
        """
        bounds, troubles = self.under(profile)
        starved = sum(one.kind == "busy" and one.within(begin_ms, end_ms) for one in troubles)
        stood_ms = lateness_ms(self.index, begin_ms, end_ms)
        return stood_ms + starved * bounds.shown_ms(is_direct=False)

    def reaches_none(self, client: str, begin_ms: int, end_ms: int, profile: Profile) -> bool:
        """Tell whether at no instant of a span a client reached any registry."""
        bounds, troubles = self.under(profile)
        return all(
            throughout(
                [one for one in troubles if _cuts_off(one, client, registry)],
                begin_ms - bounds.margin_ms,
                end_ms,
            )
            for registry in self.registries
        )


def _concerns(trouble: Trouble, parties: tuple[str, ...], registries: tuple[str, ...]) -> bool:
    if CLIENT in trouble.parties:  # what the harness asks it knows to have been answered
        return False
    return any(one in parties for one in trouble.parties) or all(one in registries for one in trouble.parties)


def _cuts_off(trouble: Trouble, client: str, registry: str) -> bool:
    if trouble.kind == "down":
        return trouble.parties == (registry,)
    return trouble.kind == "partition" and set(trouble.parties) == {client, registry}


def _listings(role: Listing, index: HistoryIndex) -> Iterator[Listed]:
    at, instances, id_, address = map(compiled, (role.at, role.instances, role.id, role.address))
    for op in index.ops(role.op):
        source = Part(field=op.invoked.value, answer=op.result)
        entries = instances(source) if op.outcome == "ok" else None
        places: dict[str, tuple[str, ...]] = {}
        for entry in entries if isinstance(entries, list) else ():
            part = Part(field=entry)
            one = text(id_(part))
            places[one] = (*places.get(one, ()), text(address(part)))
        yield Listed(op, text(at(source)), role.direct, places)


class RegistryReader(FactsReader[RegistryFacts]):
    """Makes the facts of a mapping's registry, once a history."""

    __slots__ = ()

    def _facts(self, index: HistoryIndex) -> RegistryFacts:
        return RegistryFacts(self._mapping, index)
