"""SG-5: every instance ends, or waits visibly."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.redrives import CalmRedrives
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance


def every_instance_ends(sagas: Sagas, tally: Tally) -> None:
    """Judge that each instance with a row is in a terminal status once all is quiet, or waits among the dead letters."""
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for instance in facts.instances.values():
            if not instance.moves:
                continue
            tally.exercised += 1
            if not facts.ended(instance) and not facts.waits(instance):
                _stranded(facts, instance, tally)


def _stranded(facts: SagaFacts, instance: Instance, tally: Tally) -> None:
    letters = [letter.at for letter in facts.letters.of.get(instance.name, ()) if letter.open]
    if not facts.role.waits:
        why = ""
    else:
        why = ", with a dead letter without alert" if letters else ", with neither a dead letter nor an alert"
    tally.breach(
        "stranded-saga",
        f"{instance.name} stays {instance.status}{why}",
        instance.since,
        *letters,
        about=(instance.name,),
    )


def begun_undo_ends(sagas: Sagas, tally: Tally) -> None:
    """Judge that an undo that was under way when its instance ended is done once all is quiet, or waits among the dead letters."""
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for instance in facts.instances.values():
            names = facts.role.ends.get(instance.status)
            if names is None or facts.waits(instance):
                continue
            for step, taken in facts.each_step(instance):
                begun = taken.pending.movements
                if not begun or step.name in names:
                    continue
                tally.exercised += 1
                if taken.net > 0 and taken.pending.net > 0 and taken.finished.net <= 0:
                    tally.breach(
                        "compensation-abandoned",
                        f"that {instance.name} be {step.is_undone} was begun and never finished",
                        taken.dos[-1].at,
                        begun[-1].at,
                        about=(instance.name,),
                    )


def accepted_exists(sagas: Sagas, tally: Tally) -> None:
    """Judge that what a client was told is accepted has a row once all is quiet: as an instance of any saga."""
    there = {
        name for facts in sagas for name, instance in facts.instances.items() if instance.row is not None
    }
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for instance in facts.instances.values():
            for op in instance.begun:
                completed = op.op.completed
                if completed is None or completed.kind != "ok":
                    continue
                tally.exercised += 1
                if instance.name not in there:
                    tally.breach(
                        "lost-order",
                        f"{instance.name} was accepted and has no row",
                        op.at,
                        completed.index,
                        about=(instance.name,),
                    )
                    break


def redrives_end_it(sagas: Sagas, tally: Tally) -> None:
    """Judge that an instance of which a redrive met a letter, when nothing was wrong any more, has ended once all is quiet.

    To wait among the dead letters is no end if no redrive completes it. What no redrive can handle is not judged.
    """
    for facts in sagas:
        if facts.index.unsettled or not facts.redrives:
            continue
        calm = CalmRedrives(facts.redrives, facts.letters, facts.index, tally.profile)
        if not calm:
            continue
        taken = {
            (one.consumer.group, event)
            for one in facts.consumers
            if not one.consumer.hopeless
            for event in one.records
        }
        own = {driver.files for driver in facts.role.drivers if driver.files}
        for name, letters in facts.letters.of.items():
            instance = facts.instances.get(name)
            if instance is None or not instance.moves or any(op.plays == "poison" for op in instance.begun):
                continue
            for letter in letters:
                can_end = letter.consumer in own or (letter.consumer, letter.about) in taken
                met = calm.met(letter) if can_end else None
                if met is None:
                    continue
                tally.exercised += 1
                if letter.open and not facts.ended(instance):
                    tally.breach(
                        "redriven-in-vain",
                        f"{name} stays {instance.status}: a redrive met its dead letter when nothing was wrong any more, "
                        "and did not complete it",
                        letter.at,
                        met.at,
                        met.returned,
                        about=(name,),
                    )
