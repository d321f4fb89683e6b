"""HC-2: what was changed and invalidated is neither answered nor cached as it was before, and no answer is older than declared."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

import msgspec

from shaketable.checkers.tally import Tally
from shaketable.history import Json
from shaketable.mapping.conditions import holds
from shaketable.mapping.history_index import Change
from shaketable.mapping.troubles import SETTLED_MS
from shaketable.mapping.value_paths import Part, Read, Source, agrees, compiled, text
from shaketable_patterns.self_healing.facts import Asked, SelfHealingFacts, rows_of
from shaketable_patterns.self_healing.roles import Copy, Lookup
from shaketable_patterns.self_healing.store import changes_of_store

_EXPIRES = "fill=expires"
"""The declaration under which a stale copy may be there until its time to live is over."""
Pairs = list[tuple[Read, Read]]
State = Change | None
"""A row after a change; None before it was inserted."""


class States:
    """The states of the rows of which there are copies, in their order, and from when on which of them may not be told any more."""

    __slots__ = ("_acknowledged", "_facts", "_of")

    def __init__(self, role: Copy, facts: SelfHealingFacts) -> None:
        self._facts = facts
        self._of: dict[str, list[State]] = {}
        read_of = compiled(role.of)
        for change in rows_of(role.rows, facts.index):
            first: list[State] = [] if change.commit < 0 else [None]
            self._of.setdefault(text(read_of(change)), first).append(change)
        self._acknowledged: dict[str, list[tuple[int, int, int]]] = {}
        for one in facts.invalidations:
            for asked in facts.asked(one.op, one.of, ""):
                source = Part(field=asked.op.invoked.value, answer=asked.op.result)
                place = self.first_within(asked)
                if place >= 0 and holds(one.where)(source):
                    self._acknowledged.setdefault(asked.of, []).append((asked.end_ms, asked.returned, place))

    def of(self, of: str) -> list[State]:
        """Return the states of one row."""
        return self._of.get(of, [])

    def until(self, of: str, time_ms: int) -> int:
        """Return how many states there were at a time."""
        times = [self._time_ms(change) for change in self.of(of)]
        return bisect_right(times, time_ms)

    def floor(self, of: str, before_ms: int, before: int) -> tuple[int, int]:
        """Return the place of the oldest state that may still be told after a time, and the answer that says so.

        Of answers in the same millisecond only those count that stand in front of the index `before`.
        """
        known = [
            (place, at) for ms, at, place in self._acknowledged.get(of, ()) if ms <= before_ms and at < before
        ]
        return max(known, default=(0, -1))

    def first_within(self, asked: Asked) -> int:
        """Return the place of the first state that came about while an op was under way; -1 without one."""
        places = (
            place
            for place, change in enumerate(self.of(asked.of))
            if change is not None
            and asked.begin_ms <= self._time_ms(change) <= asked.end_ms
            and change.at >= asked.at
        )
        return next(places, -1)

    def _time_ms(self, state: State) -> int:
        return 0 if state is None or state.commit < 0 else self._facts.index.time_ms(state.at)


def answers_are_not_stale(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge each lookup: it says what was so since the last invalidation that was acknowledged before it was asked for."""
    for lookup, states, pairs in _lookups(facts):
        for asked in facts.asked(lookup.op, lookup.of, ""):
            if not states.of(asked.of):
                continue
            tally.exercised += 1
            place, at = states.floor(asked.of, asked.begin_ms, asked.at)
            source = Part(field=asked.op.invoked.value, answer=asked.op.result)
            found = _Told(source, states.of(asked.of), pairs)
            if found.is_any(place, states.until(asked.of, asked.end_ms + SETTLED_MS)):
                continue
            if found.is_any(0, place):
                told = (
                    f"{asked.op.name} of {asked.of} says what was so before a change that had been answered"
                )
                _breach(tally, "stale-after-write", told, states.of(asked.of)[place], at, asked, _EXPIRES)
            else:
                told = f"{asked.op.name} of {asked.of} says what was never committed"
                _breach(tally, "never-committed", told, None, -1, asked)


def copies_are_not_filled_stale(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge each fill: the copy says what was so since the last invalidation that was acknowledged before it."""
    for role in facts.copies:
        states, pairs, read_key = States(role, facts), _pairs(role.same), compiled(role.key)
        of_key = {
            text(read_key(change)): text(compiled(role.of)(change))
            for change in rows_of(role.rows, facts.index)
        }
        for change in changes_of_store(facts.index, facts.store):
            of = of_key.get(change.key)
            if change.op != "SET" or of is None:
                continue
            found = _Told(Part(body=read_copy(change.value)), states.of(of), pairs)
            if found.is_of_no_row:
                continue  # it keeps readers from filling in, or says that there is no such row
            tally.exercised += 1
            place, at = states.floor(of, change.time_ms - SETTLED_MS, change.at)
            if not found.is_any(place, len(states.of(of))) and found.is_any(0, place):
                tally.breach(
                    "stale-fill",
                    f"the copy of {of} is filled in with what was so before a change that had been answered",
                    _at(states.of(of)[place]),
                    at,
                    change.at,
                    off_profile=_EXPIRES,
                    about=(of,),
                )


def answers_lag_no_longer_than_declared(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge lookups long after all was healed: they say what was so within the staleness that is declared."""
    staleness_ms = tally.profile.int("staleness_ms")
    deadlines = facts.deadlines(tally.profile)
    for lookup, states, pairs in _lookups(facts):
        for asked in facts.asked(lookup.op, lookup.of, ""):
            since_ms = asked.begin_ms - staleness_ms
            place = states.until(asked.of, since_ms) - 1
            if (
                place < 0
                or states.of(asked.of)[place] is None
                or deadlines.calm_since_ms(asked.end_ms) > since_ms
            ):
                continue
            tally.exercised += 1
            source = Part(field=asked.op.invoked.value, answer=asked.op.result)
            found = _Told(source, states.of(asked.of), pairs)
            if not found.is_any(place, len(states.of(asked.of))) and found.is_any(0, place):
                told = f"{asked.op.name} of {asked.of} says what was not so for {staleness_ms} ms, though nothing was wrong"
                _breach(tally, "stale-copy", told, states.of(asked.of)[place], -1, asked)


class _Told(msgspec.Struct, gc=False):
    """What an answer or a copy says, beside the states of its row."""

    source: Source
    states: list[State]
    pairs: Pairs

    @property
    def is_of_no_row(self) -> bool:
        """Tell whether it has none of the values that are compared."""
        return all(shows(self.source) is None for _, shows in self.pairs)

    def is_any(self, begin: int, end: int) -> bool:
        """Tell whether it agrees with any state from one place to in front of another."""
        return any(map(self._is, self.states[begin:end]))

    def _is(self, state: State) -> bool:
        if state is None or state.verb == "delete":
            return self.is_of_no_row
        return all(agrees(shows(self.source), says(state)) for says, shows in self.pairs)


def _lookups(facts: SelfHealingFacts) -> list[tuple[Lookup, States, Pairs]]:
    """Return each lookup with the states of the rows that it reads: those of the copy of its name, or of the only one."""
    found = []
    for lookup in facts.lookups:
        copy = next((one for one in facts.copies if one.name == lookup.name), facts.copies[0])
        found.append((lookup, States(copy, facts), _pairs(lookup.same)))
    return found


def _pairs(same: Mapping[str, str]) -> Pairs:
    return [(compiled(path), compiled(other)) for path, other in same.items()]


def read_copy(value: Json) -> Json:
    """Return what a copy says; None if it is no JSON."""
    if not isinstance(value, str):
        return None
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return None


def _breach(
    tally: Tally,
    anomaly: str,
    told: str,
    state: State,
    answered: int,
    asked: Asked,
    allowed_by: str = "",
) -> None:
    tally.breach(
        anomaly,
        told,
        _at(state),
        answered,
        asked.at,
        asked.returned,
        off_profile=allowed_by,
        about=(asked.of,),
    )


def _at(state: State) -> int:
    return -1 if state is None else state.at
