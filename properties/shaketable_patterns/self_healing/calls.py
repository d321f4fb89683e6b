"""HC-3 at the door: no entry is called twice, and none that does not wait."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.troubles import SETTLED_MS
from shaketable_patterns.self_healing.facts import Asked, Entry, SelfHealingFacts


def called_once(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge the answers that name whom they call: each is another entry, or one that waits again, and it waits at that time."""
    entries = facts.entries()
    for role in facts.seatings:
        keys = {one.op.invoked.index: one.of for one in facts.asked(role.op, role.key, "")}
        calls: dict[str, list[Asked]] = {}
        for one in facts.asked(role.op, role.of, ""):
            if not one.of:
                continue
            tally.exercised += 1
            before = calls.setdefault(one.of, [])
            key = keys.get(one.at, "")
            if key and any(key == keys.get(earlier.at) for earlier in before):
                continue
            known = entries.get(one.of, [])
            if before and not _waits_again(known, before, one):
                tally.breach(
                    "called-twice",
                    f"{one.of} was called by two requests",
                    before[-1].at,
                    before[-1].returned,
                    one.at,
                    one.returned,
                    about=(one.of,),
                )
                continue
            before.append(one)
            begin_ms, end_ms = one.begin_ms - SETTLED_MS, one.end_ms + SETTLED_MS
            if not any(entry.waits_within(begin_ms, end_ms) for entry in known):
                tally.breach(
                    "called-inactive",
                    f"{one.of} was called and did not wait",
                    max((spell.ended for entry in known for spell in entry.spells), default=-1),
                    one.at,
                    one.returned,
                    about=(one.of,),
                )


def _waits_again(entries: list[Entry], before: list[Asked], now: Asked) -> bool:
    """Tell whether it began to wait once more since it was called last, and as often as it was called.

    One whose row only got another order did not cease to wait.
    """
    spells = [spell for entry in entries for spell in entry.spells]
    ended = {spell.ended for spell in spells}
    begun_ms = [
        spell.begun_ms
        for spell in spells
        if spell.begun not in ended and spell.begun_ms <= now.end_ms + SETTLED_MS
    ]
    return len(begun_ms) > len(before) and max(begun_ms) >= before[-1].begin_ms
