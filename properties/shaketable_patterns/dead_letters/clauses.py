"""Every clause of dead letters, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.dead_letters import accounting, promises, redriving
from shaketable_patterns.dead_letters.facts import LettersReader, Systems

_BOTH = "dead-letters.letters&consumers"
_OWED = "dead-letters.consumers.done|dead-letters.consumers.mark|dead-letters.consumers.hopeless"
_ROWS = "dead-letters.letters.letter.rows"
"""What became of a letter is told by its row; a record on a topic stays what it is."""
_REDRIVEN = (
    f"{_BOTH}|dead-letters.letters&commands",
    f"{_OWED}|dead-letters.commands.done",
    _ROWS,
    "op.plays=redrive",
)

_RULES: tuple[Rule[Systems], ...] = (
    Rule(
        promises.ACCOUNTED_FOR,
        "a letter says why",
        accounting.letters_say_why,
        ("dead-letters.letters.cause",),
        reached_by="a dead letter",
    ),
    Rule(
        promises.ACCOUNTED_FOR,
        "a letter is announced",
        accounting.letters_are_announced,
        ("dead-letters.letters.alert",),
        reached_by="a dead letter, in a run that becomes quiet",
    ),
    Rule(
        promises.ACCOUNTED_FOR,
        "what was given is settled",
        accounting.what_was_given_is_settled,
        (_BOTH, _OWED),
        reached_by="an event that is delivered again, in a run that becomes quiet",
    ),
    Rule(
        promises.REDRIVE_ONCE,
        "a redrive completes",
        redriving.redrives_complete,
        _REDRIVEN,
        reached_by="a redrive that closes a letter, or leaves one half-way",
    ),
    Rule(
        promises.REDRIVE_ONCE,
        "a redrive does it once",
        redriving.redrives_do_it_once,
        (*_REDRIVEN, "dead-letters.consumers.once|dead-letters.commands.once"),
        reached_by="a redrive that closes a letter",
    ),
    Rule(
        promises.REDRIVE_ONCE,
        "a redrive in calm ends it",
        redriving.calm_redrives_end_it,
        _REDRIVEN,
        reached_by="a dead letter, and a redrive after the last fault and all time-outs that it can cause",
    ),
    Rule(
        promises.NOTHING_DROPPED,
        "nothing is dropped",
        accounting.nothing_is_dropped,
        (_BOTH, _OWED),
        reached_by="an offset that is committed, in a run that becomes quiet",
    ),
)
DEAD_LETTER_RULES = Rules(_RULES, LettersReader)
