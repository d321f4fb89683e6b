"""What was asked of the subject, and of whom outside for its sake: request by request."""

from __future__ import annotations

from collections import Counter

import msgspec

from shaketable.history import Op
from shaketable.mapping.conditions import holds
from shaketable.mapping.facts_reader import FactsReader
from shaketable.mapping.history_index import Entry, HistoryIndex
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Call
from shaketable.mapping.value_paths import Part, compiled, text
from shaketable.profile import Profile
from shaketable_patterns.guarded_calls.roles import Deferred, Elsewhere, Guarded
from shaketable_patterns.guarded_calls.troubles import Troubles
from shaketable_patterns.guarded_calls.window import spare_of


class Asked(msgspec.Struct, frozen=True, gc=False):
    """An op, and the calls outside that were made for its sake, by when they arrived there.

    `ended_ms` is when it was answered, or when its client gave up.
    """

    op: Op
    of: str
    begun_ms: int
    ended_ms: int
    calls_ms: list[int]
    calls_at: list[int]
    elsewhere_at: list[int]
    """Calls for its sake at other parties, by their places in the history."""
    served: bool
    instead: bool
    open: bool
    full: bool
    broken: bool
    repeated: bool
    """Whether another op has the same name: which of them a call was made for is not known, nor how any of them ended."""

    @property
    def begun(self) -> int:
        """Its place in the history."""
        return self.op.invoked.index

    @property
    def ended(self) -> int:
        """The place of its answer; that of itself without one."""
        return self.begun if self.op.completed is None else self.op.completed.index

    @property
    def admitted(self) -> bool:
        """Whether a call is known to have been let through."""
        return bool(self.calls_ms)

    @property
    def failed(self) -> bool:
        """Whether its call was let through and is known to have been in vain."""
        return self.admitted and self.instead

    @property
    def admitted_by_ms(self) -> int:
        """When its call had been let through at the latest: what is late on its way may arrive when its guest waits no more."""
        return min([*self.calls_ms, self.ended_ms])

    @property
    def took_ms(self) -> int:
        """How long it took to be answered."""
        return self.ended_ms - self.begun_ms

    def overlaps(self, other: Asked) -> bool:
        """Tell whether both were under way at one time."""
        return self.begun_ms <= other.ended_ms and other.begun_ms <= self.ended_ms


class CallsFacts:
    """What a mapping's roles say of a history."""

    __slots__ = ("_asked", "deferred", "end_ms", "guarded", "index", "partners", "troubles")

    def __init__(self, mapping: Mapping, index: HistoryIndex) -> None:
        self.index = index
        self.guarded = mapping.of(Guarded)
        self.deferred = mapping.of(Deferred)
        elsewhere = [role.call for role in mapping.of(Elsewhere)]
        calls = [role.call for role in self.guarded]
        self.partners = frozenset(
            call.partner for call in (*calls, *elsewhere, *(role.done for role in self.deferred))
        )
        self.troubles = Troubles(index, self.partners)
        self.end_ms = index.events[-1].time_ms if index.events else 0
        made = {id(call): self.made(call) for call in (*calls, *elsewhere)}
        self._asked = {
            id(role): self._read(
                role, made[id(role.call)], [of for key, of in made.items() if key != id(role.call)]
            )
            for role in self.guarded
        }

    def made(self, call: Call) -> dict[str, list[Entry]]:
        """Return what a third party recorded of such calls, by what they were made for."""
        found: dict[str, list[Entry]] = {}
        for entry in self.index.entries.get((call.partner, call.route), ()):
            if call.is_so(entry):
                found.setdefault(text(call.read_of(entry)), []).append(entry)
        return found

    def asked(self, role: Guarded) -> list[Asked]:
        """Return the ops of a role in order of their begin."""
        return self._asked[id(role)]

    def steady(self, role: Guarded, one: Asked, profile: Profile) -> bool:
        """Tell whether nothing may have kept a breaker from being closed, nor have been wrong at whom it guards or inside.

        Its state at the begin of a run is not known, as servers may be kept: what is left in its window may open it at a success until that
        is full, and it is half-open after that. So it has to have served as many as close it behind as many as may open it, and what was in
        flight when it opened says nothing.
        """
        permits = profile.int("half_open_permits")
        before = [other for other in self.asked(role) if other.begun_ms <= one.ended_ms and other is not one]
        ends_ms = sorted(other.ended_ms for other in before if other.served)
        first = max(spare_of(profile), permits)
        if len(ends_ms) < first + permits:
            return False
        behind = [other for other in before if other.served and other.begun_ms > ends_ms[first - 1]]
        return (
            sum(other.ended_ms < one.begun_ms for other in behind) >= permits
            and all(other.served or other.full for other in before)
            and not self.troubles.within(0, one.ended_ms, role.call.partner, "")
        )

    def _read(
        self, role: Guarded, made: dict[str, list[Entry]], others: list[dict[str, list[Entry]]]
    ) -> list[Asked]:
        of, served, instead = compiled(role.of), holds(role.served), holds(role.instead)
        says_open, says_full, broken = holds(role.open), holds(role.full), holds(role.broken)
        ops = [(op, Part(field=op.invoked.value, answer=op.result)) for op in self.index.ops(role.op)]
        often = Counter(text(of(part)) for _, part in ops)
        found = []
        for op, part in ops:
            known_as = text(of(part))
            is_one = often[known_as] == 1
            begun_ms = op.invoked.time_ms
            entries = made.get(known_as, [])
            if not is_one:
                entries = [entry for entry in entries if self.index.time_ms(entry.at) >= begun_ms]
            found.append(
                Asked(
                    op=op,
                    of=known_as,
                    begun_ms=begun_ms,
                    ended_ms=self.end_ms if op.completed is None else op.completed.time_ms,
                    calls_ms=[self.index.time_ms(entry.at) for entry in entries],
                    calls_at=[entry.at for entry in entries],
                    elsewhere_at=[entry.at for other in others for entry in other.get(known_as, ())],
                    served=is_one and served(part),
                    instead=is_one and instead(part),
                    open=is_one and bool(role.open) and says_open(part),
                    full=is_one and bool(role.full) and says_full(part),
                    broken=bool(role.broken) and any(map(broken, entries)),
                    repeated=not is_one,
                )
            )
        return found


class CallsReader(FactsReader[CallsFacts]):
    """Makes the facts of a mapping's calls, once a history."""

    __slots__ = ()

    def _facts(self, index: HistoryIndex) -> CallsFacts:
        return CallsFacts(self._mapping, index)
