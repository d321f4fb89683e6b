"""Every clause of dead letters, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.judging import Rules
from shaketable_patterns.dead_letters import accounting, promises, redriving
from shaketable_patterns.dead_letters.facts import LettersReader, Systems

_BOTH = "dead-letters.letters&consumers"

_RULES: tuple[Rule[Systems], ...] = (
    Rule(
        promises.ACCOUNTED_FOR,
        "a letter says why",
        accounting.letters_say_why,
        ("dead-letters.letters.cause",),
    ),
    Rule(
        promises.ACCOUNTED_FOR,
        "a letter is announced",
        accounting.letters_are_announced,
        ("dead-letters.letters.alert",),
    ),
    Rule(
        promises.ACCOUNTED_FOR,
        "what was given is settled",
        accounting.what_was_given_is_settled,
        ("dead-letters.consumers",),
    ),
    Rule(
        promises.REDRIVE_ONCE, "a redrive completes", redriving.redrives_complete, (_BOTH, "op.plays=redrive")
    ),
    Rule(
        promises.REDRIVE_ONCE,
        "a redrive does it once",
        redriving.redrives_do_it_once,
        (_BOTH, "dead-letters.consumers.once", "op.plays=redrive"),
    ),
    Rule(
        promises.REDRIVE_ONCE,
        "a redrive in calm ends it",
        redriving.calm_redrives_end_it,
        (_BOTH, "op.plays=redrive"),
    ),
    Rule(
        promises.NOTHING_DROPPED,
        "nothing is dropped",
        accounting.nothing_is_dropped,
        ("dead-letters.consumers",),
    ),
)
DEAD_LETTER_RULES = Rules(_RULES, LettersReader)
