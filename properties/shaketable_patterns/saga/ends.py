"""SG-1: what is left of each instance when all is quiet, from the books of those who keep them."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance

_MISSING = {
    "money": "confirmed-without-charge",
    "stock": "confirmed-without-stock",
    "other": "ended-without-step",
}
_LEFT = {"money": "money-kept", "stock": "stock-leaked", "other": "step-left-standing"}


def end_stands_on_its_steps(sagas: Sagas, tally: Tally) -> None:
    """Judge that an end has the steps that it says it has.

    What waits among the dead letters is still open, but for a step that was undone: an end is final, and no letter does that one again.
    """
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for instance in facts.instances.values():
            names = facts.role.ends.get(instance.status)
            if not names:
                continue
            waits = facts.waits(instance)
            tally.exercised += not waits
            for step in facts.role.steps:
                taken = instance.step(step.name)
                if step.name in names and taken.net <= 0 and (taken.undos or not waits):
                    tally.exercised += waits
                    tally.breach(
                        _MISSING[step.resource],
                        f"{instance.name} is {instance.status} and nothing is {step.is_done}",
                        instance.since,
                        *(undo.at for undo in taken.undos),
                        about=(instance.name,),
                    )


def rest_is_undone(sagas: Sagas, tally: Tally) -> None:
    """Judge that what an end does not have was given back, and that what never was an instance has nothing."""
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for instance in facts.instances.values():
            names = _standing_at(facts, instance)
            if names is None or facts.waits(instance):
                continue
            tally.exercised += 1
            ended = f"is {instance.status}" if instance.status else "does not exist"
            for step, taken in facts.each_step(instance):
                left = taken.net
                if left > 0 and step.name not in names:
                    tally.breach(
                        _LEFT[step.resource],
                        f"{instance.name} {ended}, yet {left} stay {step.is_done}",
                        taken.dos[-1].at,
                        instance.since,
                        about=(instance.name,),
                    )


def _standing_at(facts: SagaFacts, instance: Instance) -> tuple[str, ...] | None:
    """Return the steps that may stand at its end; None while it has no end, or all of them may."""
    if instance.row is None:
        moved = any(taken.movements for taken in instance.taken.values())
        return () if moved and instance.name not in facts.elsewhere else None
    names = facts.role.ends.get(instance.status)
    return names if names is not None and len(names) < len(facts.role.steps) else None
