"""HC-4: what is asked about a queue is answered from the database while the store is down, and right whenever all is healed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import msgspec

from shaketable.checkers.tally import Tally
from shaketable.mapping.quantity import quantity
from shaketable.mapping.troubles import SETTLED_MS, Outage, read_outages
from shaketable.mapping.value_paths import text
from shaketable_patterns.self_healing.deadlines import Deadlines
from shaketable_patterns.self_healing.facts import Asked, Entry, SelfHealingFacts, Spell
from shaketable_patterns.self_healing.healing import stands_before, state_of
from shaketable_patterns.self_healing.roles import Listing, Lookup, Standing


def answers_while_the_store_is_down(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge what is asked while the store is down and nothing else is wrong: it is answered, whatever the answer says."""
    assert facts.queue is not None
    deadlines = facts.deadlines(tally.profile)
    outages = read_outages(deadlines.troubles, facts.queue.store, facts.queue.part)
    asking: list[Listing | Standing | Lookup] = [*facts.listings, *facts.standings, *facts.lookups]
    names = dict.fromkeys(role.op for role in asking)
    for asked in (one for name in names for one in facts.asked(name, "", "", answered=False)):
        outage = _outage(asked, outages, deadlines)
        if outage is None or asked.returned < 0:
            continue
        tally.exercised += 1
        status = asked.op.result.get("status") if isinstance(asked.op.result, dict) else None
        if asked.op.outcome == "info" or (type(status) is int and status >= 500):
            told = f"status {status}" if status is not None else "no answer"
            tally.breach(
                "no-fallback",
                f"{asked.op.name} had {told} while {facts.queue.store} was down and nothing else was wrong",
                outage.fault.index,
                asked.at,
                asked.returned,
            )


def answers_say_what_the_rows_say(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge lists and positions: exactly from the rows while the store is down, else as soon as all is healed."""
    judge = _Answers(facts, tally)
    for listing in facts.listings:
        for asked in facts.asked(listing.op, listing.place, listing.says):
            if isinstance(asked.said, list):
                judge.listing(asked, [text(one) for one in asked.said])
    for standing in facts.standings:
        for asked in facts.asked(standing.op, standing.of, standing.says):
            said = quantity(asked.said)
            if said is not None:
                judge.standing(asked, int(said) - standing.first)


class _Answers:
    def __init__(self, facts: SelfHealingFacts, tally: Tally) -> None:
        assert facts.queue is not None
        self._entries = facts.entries()
        self._tally = tally
        self._deadlines = facts.deadlines(tally.profile)
        self._outages = read_outages(self._deadlines.troubles, facts.queue.store, facts.queue.part)
        self._in_place: dict[str, list[Entry]] = {}
        for entry in (entry for known in self._entries.values() for entry in known):
            for place in dict.fromkeys(spell.place for spell in entry.spells):
                spells = [spell for spell in entry.spells if spell.place == place]
                self._in_place.setdefault(place, []).append(Entry(entry.of, entry.key, entry.member, spells))
        self._back: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for wrong in state_of(facts, tally).wrongs:
            if wrong.kind == "back":
                known_as = wrong.entry.key, wrong.entry.member
                self._back.setdefault(known_as, []).append((wrong.since_ms, wrong.until_ms))

    def listing(self, asked: Asked, said: list[str]) -> None:
        """Judge who is in a list and who is not, and in which order."""
        known = self._known(asked, asked.of)
        if not known.says_anything:
            return
        self._tally.exercised += 1
        there = set(said)
        for entry, _ in known.inside:
            if entry.of not in there:
                self._breach(asked, known, f"{entry.of} waits and is not in the answer", entry)
        may_be_there = {entry.of for entry, _ in known.inside} | {entry.of for entry in known.either}
        for entry in known.outside:
            if entry.of in there - may_be_there:
                self._breach(asked, known, f"{entry.of} does not wait and is in the answer", entry)
        for of in said:
            if of not in self._entries:
                self._breach(asked, known, f"{of} never waited and is in the answer", None)
        inside = {entry.of: (entry, spell) for entry, spell in known.inside}
        listed = [inside[of] for of in said if of in inside]
        for (one, mine), (other, others) in itertools.pairwise(listed):
            if stands_before(others, mine, self._tally):
                self._breach(asked, known, f"{one.of} stands before {other.of}, and came after it", one)

    def standing(self, asked: Asked, ahead: int) -> None:
        """Judge how many are said to be ahead of an entry."""
        found = self._waiting_so(asked)
        if found is None:
            return
        entry, mine = found
        known = self._known(asked, mine.place)
        if not known.says_anything:
            return
        self._tally.exercised += 1
        others = [spell for one, spell in known.inside if one.of != asked.of]
        least = sum(stands_before(one, mine, self._tally) for one in others)
        most = sum(not stands_before(mine, one, self._tally) for one in others) + sum(
            any(not stands_before(mine, spell, self._tally) for spell in one.spells)
            for one in known.either
            if one.of != asked.of
        )
        if not least <= ahead <= most:
            at_most = "" if least == most else f" to {most}"
            told = f"{ahead} are said to be ahead of {asked.of}, and {least}{at_most} are"
            self._breach(asked, known, told, entry)

    def _waiting_so(self, asked: Asked) -> tuple[Entry, Spell] | None:
        """Return the entry that is asked about, with the place and order that it certainly has; None if it may have several."""
        found = [
            (entry, spell)
            for entry in self._entries.get(asked.of, ())
            for spell in entry.spells
            if spell.begun_ms <= asked.end_ms + self._early_ms(strict=False)
        ]
        if len({(spell.place, spell.order, spell.tie) for _, spell in found}) > 1:
            since_ms = max(entry.changed_before_ms(asked.end_ms) for entry, _ in found)
            found = [
                (entry, spell)
                for entry, spell in found
                if entry.spell_throughout(asked.begin_ms - 1, asked.end_ms + SETTLED_MS) is spell
                and asked.begin_ms > self._deadlines.after(since_ms, asked.end_ms)
            ]
        return found[-1] if found else None

    def _known(self, asked: Asked, place: str) -> _Known:
        strict = _outage(asked, self._outages, self._deadlines) is not None
        known = _Known(strict, [], [], [])
        for entry in self._in_place.get(place, ()):
            self._sort(entry, asked, known)
        return known

    def _sort(self, entry: Entry, asked: Asked, known: _Known) -> None:
        begin_ms, end_ms = asked.begin_ms, asked.end_ms
        since_ms = entry.changed_before_ms(begin_ms)
        after: Callable[[int], int] = lambda ms: (  # noqa: E731
            ms + SETTLED_MS if known.strict else self._deadlines.after(ms, end_ms)
        )
        late = begin_ms <= after(since_ms)
        begun = any(one.begun_ms <= begin_ms for one in entry.spells)
        if begun and late:
            known.either.append(entry)
        elif spell := entry.spell_throughout(begin_ms - 1, end_ms + SETTLED_MS):
            known.inside.append((entry, spell))
        elif entry.waits_within(begin_ms, end_ms + self._early_ms(known.strict)) or self._came_back(
            entry, asked
        ):
            known.either.append(entry)
        else:
            known.outside.append(entry)

    def _early_ms(self, strict: bool) -> int:
        """Return how long before its commit an entry may be seen already: some add it to the store first."""
        return SETTLED_MS if strict else self._deadlines.after(0, -1)

    def _came_back(self, entry: Entry, asked: Asked) -> bool:
        """Tell whether the store had it again meanwhile, which is judged by itself."""
        return any(
            since - SETTLED_MS <= asked.end_ms and asked.begin_ms - SETTLED_MS <= until
            for since, until in self._back.get((entry.key, entry.member), ())
        )

    def _breach(self, asked: Asked, known: _Known, told: str, entry: Entry | None) -> None:
        anomaly, when = (
            ("fallback-differs", "while the store was down")
            if known.strict
            else ("answer-differs", "though all was healed")
        )
        spells = [] if entry is None else entry.spells
        changed = [at for one in spells for at in (one.begun, one.ended) if 0 <= at <= asked.returned]
        about = () if entry is None else (entry.of,)
        self._tally.breach(
            anomaly,
            f"{asked.op.name}: {told}, {when}",
            max(changed, default=-1),
            asked.at,
            asked.returned,
            about=about,
        )


class _Known(msgspec.Struct, gc=False):
    """The entries that are certainly in an answer, certainly not, and of which either may be so."""

    strict: bool
    inside: list[tuple[Entry, Spell]]
    outside: list[Entry]
    either: list[Entry]

    @property
    def says_anything(self) -> bool:
        return bool(self.inside or self.outside)


def _outage(asked: Asked, outages: list[Outage], deadlines: Deadlines) -> Outage | None:
    """Return the outage of the store within which all of this happened, if nothing else was wrong then."""
    for outage in outages:
        if outage.spans(asked.begin_ms, asked.end_ms) and not any(_others(asked, outage, deadlines)):
            return outage
    return None


def _others(asked: Asked, outage: Outage, deadlines: Deadlines) -> Iterator[bool]:
    for one in deadlines.troubles:
        if one.fault is not outage.fault and one.begin_ms <= asked.end_ms:
            yield one.end_ms + SETTLED_MS >= asked.begin_ms
