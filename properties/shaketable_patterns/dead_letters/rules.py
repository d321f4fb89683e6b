"""Every clause of dead letters, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.judging import Rules
from shaketable_patterns.dead_letters import filing, promises, redrives
from shaketable_patterns.dead_letters.facts import LettersReader, Systems

_BOTH = "dead-letters.letters&consumers"

_RULES: tuple[Rule[Systems], ...] = (
    Rule(
        promises.ACCOUNTED_FOR, "a letter says why", filing.letters_say_why, ("dead-letters.letters.cause",)
    ),
    Rule(
        promises.ACCOUNTED_FOR,
        "a letter is announced",
        filing.letters_are_announced,
        ("dead-letters.letters.alert",),
    ),
    Rule(
        promises.ACCOUNTED_FOR,
        "what was given is settled",
        filing.what_was_given_is_settled,
        ("dead-letters.consumers",),
    ),
    Rule(
        promises.REDRIVE_ONCE, "a redrive completes", redrives.redrives_complete, (_BOTH, "op.plays=redrive")
    ),
    Rule(
        promises.REDRIVE_ONCE,
        "a redrive does it once",
        redrives.redrives_do_it_once,
        (_BOTH, "dead-letters.consumers.once", "op.plays=redrive"),
    ),
    Rule(
        promises.NOTHING_DROPPED, "nothing is dropped", filing.nothing_is_dropped, ("dead-letters.consumers",)
    ),
)
DEAD_LETTER_RULES = Rules(_RULES, LettersReader)
