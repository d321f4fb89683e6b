"""Every clause of a self-healing queue and cache, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.self_healing import answers, calls, copies, healing, promises
from shaketable_patterns.self_healing.facts import SelfHealingFacts, SelfHealingReader

_TIMES = ("knobs.heal_ms", "knobs.grace_ms")
_RULES: tuple[Rule[SelfHealingFacts], ...] = (
    Rule(
        promises.HEALED,
        "what waits is back within one period",
        healing.queue_is_healed,
        ("queue", *_TIMES),
        reached_by="an entry that waits and lacks in the queue after a loss",
    ),
    Rule(
        promises.HEALED,
        "what waits no more is gone within one period",
        healing.nothing_stale_is_left,
        ("queue", *_TIMES),
        reached_by="an entry that ceases to wait",
    ),
    Rule(
        promises.HEALED,
        "the queue is in its order",
        healing.queue_is_in_order,
        ("queue", *_TIMES),
        reached_by="two entries in one queue, when all is healed",
    ),
    Rule(
        promises.FRESH,
        "an answer is no older than the last invalidation",
        copies.answers_are_not_stale,
        ("copy.same", "lookup.same", "invalidation", "knobs.fill=guarded|knobs.fill=checked"),
        reached_by="a lookup of a row",
    ),
    Rule(
        promises.FRESH,
        "a copy is filled in with nothing older than the last invalidation",
        copies.copies_are_not_filled_stale,
        ("copy.same", "invalidation", "knobs.fill=guarded"),
        reached_by="a copy that is filled in",
    ),
    Rule(
        promises.FRESH,
        "an answer lags no longer than declared",
        copies.answers_lag_no_longer_than_declared,
        ("copy.same", "lookup.same", "knobs.staleness_ms", *_TIMES),
        reached_by="a lookup long after all is healed",
    ),
    Rule(
        promises.COMMUTES,
        "nothing is lost in a rebuild, and nothing comes back for long",
        healing.live_changes_are_kept,
        ("queue", *_TIMES),
        reached_by="an entry that begins to wait while nothing is wrong",
    ),
    Rule(
        promises.COMMUTES,
        "each entry is called once, and only while it waits",
        calls.called_once,
        ("queue", "seating"),
        reached_by="an answer that names whom it calls",
    ),
    Rule(
        promises.FALLS_BACK,
        "what is asked while the store is down is answered",
        answers.answers_while_the_store_is_down,
        ("queue.part", "listing|standing|lookup", *_TIMES),
        reached_by="a question while the store is down and nothing else is wrong",
    ),
    Rule(
        promises.FALLS_BACK,
        "an answer says what the rows say",
        answers.answers_say_what_the_rows_say,
        ("queue", "listing|standing", *_TIMES),
        reached_by="a list or a position, asked for while the store is down or all is healed",
    ),
)

SELF_HEALING_RULES = Rules(_RULES, SelfHealingReader)
