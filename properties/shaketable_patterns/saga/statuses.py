"""SG-4: how an instance's status may move, and what must have happened by then."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.checkers.transitions import Step as Entered
from shaketable.checkers.transitions import illegal
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance, Move

_ENDED_BEFORE_STEP = {"stock": "confirmed-without-reservation"}
_ENDED_BEFORE_UNDO = {"money": "cancelled-before-refund"}


def end_is_final(sagas: Sagas, tally: Tally) -> None:
    """Judge that nothing leaves a terminal status, and that a backward one leads only to backward ones."""
    for facts in sagas:
        ends, backward = facts.role.ends, facts.role.backward
        allowed: dict[str, tuple[str, ...]] = dict.fromkeys(backward, backward)
        allowed |= dict.fromkeys(ends, ())
        for instance in facts.instances.values():
            if not any(move.after in allowed for move in instance.moves):
                continue
            tally.exercised += 1
            wrong = illegal((Entered(move.at, move.after) for move in instance.moves), allowed)
            if wrong is not None:
                tally.breach(
                    "illegal-transition",
                    f"{instance.name} went from {wrong.before} to {wrong.after}",
                    wrong.since,
                    wrong.at,
                    about=(instance.name,),
                )


def end_waits_for_its_steps(sagas: Sagas, tally: Tally) -> None:
    """Judge that an end is reached only after the last of the steps that stand then (no other of them follows it)."""
    for facts, instance, move in _endings(sagas):
        last = facts.last_of[move.after]
        if last:
            tally.exercised += 1
        for step in facts.role.steps:
            if step.name in last and instance.step(step.name).net_by(move.at) <= 0:
                tally.breach(
                    _ENDED_BEFORE_STEP.get(step.resource, "ended-before-step"),
                    f"{instance.name} became {move.after} with nothing {step.is_done}",
                    move.at,
                    about=(instance.name,),
                )


def end_waits_for_undos(sagas: Sagas, tally: Tally) -> None:
    """Judge that an end is reached only when what does not stand then is undone, or durably on its way to be."""
    for facts, instance, move in _endings(sagas):
        names = facts.role.ends[move.after]
        undoable = [step for step in facts.role.steps if step.undo is not None and step.name not in names]
        if undoable:
            tally.exercised += 1
        for step in undoable:
            taken = instance.step(step.name)
            if taken.net_by(move.at) > 0 and not taken.undo_under_way(move.at):
                tally.breach(
                    _ENDED_BEFORE_UNDO.get(step.resource, "ended-before-undo"),
                    f"{instance.name} became {move.after} while it was {step.is_done}, and no way back was under way",
                    max(movement.at for movement in taken.movements if movement.at <= move.at),
                    move.at,
                    about=(instance.name,),
                )


def _endings(sagas: Sagas) -> Iterator[tuple[SagaFacts, Instance, Move]]:
    for facts in sagas:
        ends = facts.role.ends
        for instance in facts.instances.values():
            for move in instance.moves:
                if move.after in ends and move.enters:
                    yield facts, instance, move
