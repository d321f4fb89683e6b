"""HC-3 at the door: no entry is called twice, and none that does not wait."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.self_healing.facts import Asked, SelfHealingFacts

_SETTLED_MS = 100


def called_once(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge the answers that name whom they call: each is another entry, and one that waits at that time."""
    entries = facts.entries()
    for role in facts.seatings:
        keys = {one.op.invoked.index: one.of for one in facts.asked(role.op, role.key, "")}
        first: dict[str, Asked] = {}
        for one in facts.asked(role.op, role.of, ""):
            if not one.of:
                continue
            tally.exercised += 1
            before = first.setdefault(one.of, one)
            key = keys.get(one.at, "")
            if before is not one and not (key and key == keys.get(before.at)):
                tally.breach(
                    "called-twice",
                    f"{one.of} was called by two requests",
                    before.at,
                    before.returned,
                    one.at,
                    one.returned,
                    about=(one.of,),
                )
                continue
            entry = entries.get(one.of)
            if before is one and (
                entry is None or not entry.waits_within(one.begin_ms - _SETTLED_MS, one.end_ms + _SETTLED_MS)
            ):
                tally.breach(
                    "called-inactive",
                    f"{one.of} was called and did not wait",
                    -1 if entry is None else max(spell.ended for spell in entry.spells),
                    one.at,
                    one.returned,
                    about=(one.of,),
                )
