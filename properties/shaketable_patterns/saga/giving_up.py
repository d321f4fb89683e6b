"""An undo that failed and was given up for now: the saga stops there (SG-4) or goes on (SG-5), as its profile declares.

It is given up when a letter says so; a redrive may still complete it.
"""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance

_KNOB = "after_failing_compensation"


def never_goes_on(sagas: Sagas, tally: Tally) -> None:
    """Judge SG-4 of a saga that stops: it does not end while a step stands whose undo was given up.

    A step that says it failed needs no undo, and its instance may end for that.
    """
    if tally.profile.knobs.get(_KNOB) != "stop":
        return
    for facts in sagas:
        for instance in facts.instances.values():
            for step, taken in facts.each_step(instance):
                if not taken.given_up or taken.failed:
                    continue
                tally.exercised += 1
                ended = _ended_without(facts, instance, step.name)
                if ended >= 0 and taken.net_by(ended) > 0:
                    tally.breach(
                        "went-on-after-failed-compensation",
                        f"{instance.name} ended while it was {step.is_done}, and the way back had to be given up",
                        min(letter.at for letter in taken.given_up),
                        ended,
                        about=(instance.name,),
                        off_profile=f"{_KNOB}=go-on",
                    )


def _ended_without(facts: SagaFacts, instance: Instance, step: str) -> int:
    """Find where the instance first reached an end at which the step does not stand; -1 if it did not."""
    ends = facts.role.ends
    return next((m.at for m in instance.moves if m.after in ends and step not in ends[m.after]), -1)


def never_stops(sagas: Sagas, tally: Tally) -> None:
    """Judge SG-5 of a saga that goes on: once all is quiet the instance has ended, though an undo still waits."""
    if tally.profile.knobs.get(_KNOB) != "go-on":
        return
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for instance in facts.instances.values():
            given_up = {
                (letter.about, letter.consumer): letter.at
                for _, taken in facts.each_step(instance)
                for letter in taken.given_up
            }
            waiting = {
                (letter.about, letter.consumer)
                for letter in facts.letters.of.get(instance.name, ())
                if letter.open
            }
            # What else waits among the dead letters may be what would have ended it.
            if not waiting or not waiting <= given_up.keys():
                continue
            tally.exercised += 1
            if not facts.ended(instance):
                tally.breach(
                    "stopped-at-failed-compensation",
                    f"{instance.name} stays {instance.status} since an undo of it had to be given up",
                    instance.since,
                    *given_up.values(),
                    about=(instance.name,),
                    off_profile=f"{_KNOB}=stop",
                )
