"""SG-2: never too much of a step, judged after every single effect."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.conservation import Quantity, excess, shortfall
from shaketable.checkers.tally import Tally
from shaketable.mapping.quantity import in_digits
from shaketable_patterns.saga.facts import Sagas
from shaketable_patterns.saga.instances import Instance, Taken
from shaketable_patterns.saga.roles import Step

_TWICE = {"money": "double-charge", "stock": "double-reservation", "other": "step-done-twice"}
_TOO_EARLY = {"money": "refund-before-charge"}
_TOO_MUCH = {"money": "over-refund"}
_IN_PART = {"money": "partial-charge", "stock": "partial-reservation"}


def _moved(sagas: Sagas) -> Iterator[tuple[Instance, Step, Taken, Quantity]]:
    """Yield each step of each instance that took or gave back something, with how much it must come to."""
    for facts in sagas:
        for instance in facts.instances.values():
            for step, taken in facts.each_step(instance):
                if taken.movements:
                    wanted = facts.amount(instance, step)
                    yield instance, step, taken, taken.movements[0].amount if wanted is None else wanted


def step_is_done_once(sagas: Sagas, tally: Tally) -> None:
    """Judge that no step ever stands for more than its instance asked for."""
    for instance, step, taken, wanted in _moved(sagas):
        tally.exercised += len(taken.movements)
        over = excess(taken.movements, wanted)
        if over is not None:
            tally.breach(
                _TWICE[step.resource],
                f"{in_digits(over.balance)} {step.is_done} for {instance.name}, which asked for {in_digits(wanted)}",
                *over.witness,
                about=(instance.name,),
            )


def no_more_is_undone_than_done(sagas: Sagas, tally: Tally) -> None:
    """Judge that no step is ever undone before it was done, or beyond that."""
    for instance, step, taken, _ in _moved(sagas):
        if step.undo is None or not taken.undos:
            continue
        tally.exercised += len(taken.undos)
        under = shortfall(taken.movements)
        if under is None:
            continue
        if any(movement.amount > 0 for movement in taken.movements[: len(under.witness)]):
            tally.breach(
                _TOO_MUCH.get(step.resource, "undone-too-much"),
                f"more was {step.is_undone} of {instance.name} than was {step.is_done}",
                *under.witness,
                about=(instance.name,),
            )
        else:
            tally.breach(
                _TOO_EARLY.get(step.resource, "undone-before-done"),
                f"{instance.name} was {step.is_undone} before it was {step.is_done}",
                *under.witness,
                about=(instance.name,),
            )


def step_is_done_whole(sagas: Sagas, tally: Tally) -> None:
    """Judge that a step stands for all that its instance asked for, or for nothing."""
    for instance, step, taken, wanted in _moved(sagas):
        if not step.amount:
            continue
        tally.exercised += len(taken.movements)
        part = -1
        balance: Quantity = 0
        for movement in taken.movements:
            balance += movement.amount
            if balance < 0 or balance > wanted:
                break  # a mistake of its own
            if 0 < balance < wanted and part < 0:
                part = movement.at
                left = balance
        else:
            if part >= 0:
                tally.breach(
                    _IN_PART.get(step.resource, "step-done-in-part"),
                    f"{in_digits(left)} of {in_digits(wanted)} stay {step.is_done} for {instance.name}",
                    part,
                    about=(instance.name,),
                )
