"""HC-1, and HC-3 in the store: a queue is healed within its period, and healing neither loses nor brings back what changes live."""

from __future__ import annotations

import itertools

from shaketable.checkers.tally import Tally
from shaketable_patterns.self_healing.deadlines import Deadlines
from shaketable_patterns.self_healing.facts import Entry, SelfHealingFacts, Spell
from shaketable_patterns.self_healing.queue_state import QueueState, Wrong


def queue_is_healed(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge each entry that waits and lacks because of a loss: it is back within one period of healing."""
    deadlines = facts.deadlines(tally.profile)
    for wrong in _state(facts, deadlines).wrongs:
        if wrong.kind == "missing" and deadlines.came_of_a_loss(wrong.since_ms, wrong.until_ms):
            tally.exercised += 1
            if deadlines.missed(wrong.since_ms, wrong.until_ms):
                _breach(tally, "not-healed", wrong, "waits and is not in the queue")


def nothing_stale_is_left(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge each entry that ceased to wait and is still there: it goes with the change, or with the next healing."""
    deadlines = facts.deadlines(tally.profile)
    for wrong in _state(facts, deadlines).wrongs:
        if wrong.kind == "left":
            tally.exercised += 1
            if deadlines.missed(wrong.since_ms, wrong.until_ms):
                _breach(tally, "stale-entry", wrong, "does not wait and is in the queue")


def live_changes_are_kept(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge what lacks although nothing was lost, and what came back: a rebuild and a live change commute."""
    deadlines = facts.deadlines(tally.profile)
    period_ms = tally.profile.int("heal_ms") + tally.profile.int("grace_ms")
    for wrong in _state(facts, deadlines).wrongs:
        if wrong.kind == "back":
            tally.exercised += 1
            if deadlines.missed(wrong.since_ms, wrong.until_ms, period_ms):
                _breach(tally, "resurrected", wrong, "waits no more and came back into the queue")
        elif wrong.kind == "missing" and not deadlines.came_of_a_loss(wrong.since_ms, wrong.until_ms):
            tally.exercised += 1
            if deadlines.missed(wrong.since_ms, wrong.until_ms):
                _breach(
                    tally, "lost-in-rebuild", wrong, "waits and is not in the queue, though nothing was lost"
                )


def queue_is_in_order(facts: SelfHealingFacts, tally: Tally) -> None:
    """Judge the order of each queue whenever everything is healed."""
    deadlines = facts.deadlines(tally.profile)
    for snapshot in _state(facts, deadlines).snapshots:
        if not deadlines.healed_at(snapshot.at_ms):
            continue
        for queue in snapshot.queues.values():
            since = [one for one in queue if _is_old(one, snapshot.at_ms, deadlines)]
            for one, other in itertools.pairwise(since):
                tally.exercised += 1
                mine, others = one.last_spell(snapshot.at_ms), other.last_spell(snapshot.at_ms)
                if stands_before(others, mine, tally):
                    tally.breach(
                        "out-of-order",
                        f"{one.of} stands before {other.of} in the queue, and came after it",
                        mine.begun,
                        others.begun,
                        about=(one.of, other.of),
                    )


def stands_before(one: Spell, other: Spell, tally: Tally) -> bool:
    """Tell whether what waits so certainly stands before another: nearer than the grain they may stand either way."""
    grain = tally.profile.int("order_grain_ms") if "order_grain_ms" in tally.profile.knobs else 0
    if grain or one.order != other.order:
        return one.order + grain < other.order
    return one.tie < other.tie


def state_of(facts: SelfHealingFacts, tally: Tally) -> QueueState:
    """Return what was wrong with the queues, made once for all rules."""
    return _state(facts, facts.deadlines(tally.profile))


def _state(facts: SelfHealingFacts, deadlines: Deadlines) -> QueueState:
    return facts.index.once(
        ("queue state", repr(facts.queue)), lambda: QueueState(facts, deadlines.samples(facts.end_ms))
    )


def _is_old(entry: Entry, at_ms: int, deadlines: Deadlines) -> bool:
    return at_ms > deadlines.after(entry.changed_before_ms(at_ms), at_ms)


def _breach(tally: Tally, anomaly: str, wrong: Wrong, how: str) -> None:
    lasted_s = (wrong.until_ms - wrong.since_ms) / 1_000
    about = wrong.entry
    changed = [at for spell in about.spells for at in (spell.begun, spell.ended) if 0 <= at <= wrong.since]
    tally.breach(
        anomaly,
        f"{about.of} {how}, for {lasted_s:g} s from {wrong.since_ms / 1_000:g} s on",
        max(changed, default=-1),
        wrong.since,
        about=(about.of,),
    )
