"""PJ-6: an event that nothing can read is treated as the profile declares."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.calm_since import calm_since_ms
from shaketable.mapping.history_index import Append
from shaketable.mapping.value_paths import text
from shaketable_patterns.projection.facts import ReadModelFacts
from shaketable_patterns.projection.offsets import Partition, first_offsets, positions_of


def poison_is_kept(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge a view that parks such events: each has its letter, with the cause."""
    if facts.index.unsettled or tally.profile.word("poison_policy") != "park":
        return
    for role, letters in zip(facts.poison, facts.letters, strict=True):
        for record in facts.poisoned():
            if not role.letters or not role.record.is_so(record) or record.topic not in role.record.topics:
                continue
            tally.exercised += 1
            letter = letters.about(text(role.record.read_id(record)) or record.place)
            if letter is None or (letter.explained and not letter.cause):
                tally.breach(
                    "poison-dropped",
                    f"record {_place(record)} cannot be read, and is not kept with its cause",
                    record.at,
                    off_profile="poison_policy=skip",
                )


def poison_is_passed_or_not(facts: ReadModelFacts, tally: Tally) -> None:
    """Judge the position at the end: behind such an event where it is passed over, at it where the view stops there.

    A view that tries it again and again is never quiet: it is judged once all has been healed for longer than it may lag.
    """
    index = facts.index
    calm_ms = index.events[-1].time_ms - calm_since_ms(index) if index.events else 0
    if index.unsettled and calm_ms < tally.profile.int("staleness_ms"):
        return
    stops = tally.profile.word("poison_policy") == "stop"
    reached = _reached(facts)
    for record in facts.poisoned():
        tally.exercised += 1
        passed = reached.get((record.topic, record.partition), 0) > record.offset
        if not passed and not stops:
            tally.breach(
                "poison-blocks",
                f"record {_place(record)} cannot be read, and the view stands in front of it",
                record.at,
                off_profile="poison_policy=stop",
            )
        elif passed and stops:
            tally.breach(
                "poison-passed",
                f"record {_place(record)} cannot be read, and the view went on behind it",
                record.at,
                off_profile="poison_policy=park",
            )


def _reached(facts: ReadModelFacts) -> dict[Partition, int]:
    """Return the position of the live view on each partition at the end; of several, none of which is told to be live, the furthest."""
    scope = facts.live_scope()
    found: dict[Partition, int] = {}
    for role in facts.positions:
        positions = positions_of(role, facts.index)
        begins = first_offsets(positions, facts.index)
        for one in positions:
            if scope in (None, one.scope):
                reached = one.next - begins.get(one.partition, 0)
                found[one.partition] = reached if scope else max(found.get(one.partition, 0), reached)
    return found


def _place(record: Append) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"
