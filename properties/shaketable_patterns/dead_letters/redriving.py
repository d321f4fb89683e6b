"""DL-2: a dead letter that is redriven is done once, and then it is no dead letter any more."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.redrives import CalmRedrives
from shaketable_patterns.dead_letters.facts import Systems


def redrives_complete(systems: Systems, tally: Tally) -> None:
    """Judge that a letter that a redrive closed, or left half-way, is handled, by its last state."""
    for facts in systems:
        if facts.index.unsettled or not facts.redrives:
            continue
        for letter in facts.letters.every:
            work = facts.work(letter)
            if work is None or not letter.changes or (letter.open and not letter.halfway):
                continue
            tally.exercised += 1
            if not work.is_done:
                how = "left the letter half-way" if letter.halfway else "closed the letter"
                tally.breach(
                    "redrive-lost",
                    f"{letter.consumer} {how} of {work.what} of {work.of} and did not handle it",
                    letter.at,
                    letter.changes[-1].at,
                    about=(work.of, letter.consumer),
                )


def redrives_do_it_once(systems: Systems, tally: Tally) -> None:
    """Judge that what a redriven letter asks for happened once, the first attempt included."""
    for facts in systems:
        if facts.index.unsettled or not facts.redrives:
            continue
        for letter in facts.letters.every:
            work = facts.work(letter)
            if work is None or letter.open or not letter.changes:
                continue
            tally.exercised += 1
            for effects in work.effects:
                if len(effects) > 1 and effects[-1].at > letter.at:
                    tally.breach(
                        "redrive-doubled",
                        f"{letter.consumer} handled {work.what} of {work.of} {len(effects)} times, letter and all",
                        letter.at,
                        *(effect.at for effect in effects[-2:]),
                        about=(work.of, letter.consumer),
                    )


def calm_redrives_end_it(systems: Systems, tally: Tally) -> None:
    """Judge that a letter that a redrive met, when nothing was wrong any more, is open no longer when all is quiet.

    Its cause is gone then. Letters that no redrive can end are not judged: of what nothing has to handle, and of poison.
    """
    for facts in systems:
        if facts.index.unsettled or not facts.redrives:
            continue
        calm = CalmRedrives(facts.redrives, facts.letters, facts.index, tally.profile)
        for letter in facts.letters.every if calm else ():
            work = facts.work(letter)
            met = None if work is None or work.hopeless else calm.met(letter)
            if work is None or met is None:
                continue
            tally.exercised += 1
            if letter.open:
                tally.breach(
                    "redrive-left-open",
                    f"a redrive of {letter.consumer} found nothing wrong any more, and {work.what} of "
                    f"{work.of} is still a dead letter",
                    letter.at,
                    met.at,
                    met.returned,
                    about=(work.of, letter.consumer),
                )
