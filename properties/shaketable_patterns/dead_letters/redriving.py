"""DL-2: a dead letter that is redriven is done once, and then it is no dead letter any more."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.dead_letters.facts import Systems, handled


def redrives_complete(systems: Systems, tally: Tally) -> None:
    """Judge that a letter that a redrive closed, or left half-way, is handled, by its last state."""
    for facts in systems:
        if facts.views.unsettled or not facts.redrives:
            continue
        for letter in facts.letters.every:
            found = facts.given(letter)
            if found is None or not letter.changes or (letter.open and not letter.halfway):
                continue
            tally.exercised += 1
            if not handled(*found):
                given = found[1]
                how = "left the letter half-way" if letter.halfway else "closed the letter"
                tally.breach(
                    "redrive-lost",
                    f"{letter.consumer} {how} of {given.type or 'a record'} of {given.of} and did not handle it",
                    letter.at,
                    letter.changes[-1].at,
                    about=(given.of, letter.consumer),
                )


def redrives_do_it_once(systems: Systems, tally: Tally) -> None:
    """Judge that what a redriven letter asks for happened once, the first attempt included."""
    for facts in systems:
        if facts.views.unsettled or not facts.redrives:
            continue
        for letter in facts.letters.every:
            found = facts.given(letter)
            if found is None or letter.open or not letter.changes:
                continue
            consumer, given = found
            tally.exercised += 1
            for once in consumer.once:
                effects = once.get(consumer.key(given), ())
                if len(effects) > 1 and effects[-1].at > letter.at:
                    tally.breach(
                        "redrive-doubled",
                        f"{letter.consumer} handled {given.type} of {given.of} {len(effects)} times, letter and all",
                        letter.at,
                        *(effect.at for effect in effects[-2:]),
                        about=(given.of, letter.consumer),
                    )
