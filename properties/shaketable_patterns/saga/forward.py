"""SG-4: an instance that has begun to go back does not go forward again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shaketable.checkers.tally import Tally
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance


class _Start(NamedTuple):
    """Compensation began: `step` was undone, or the status went backward (`step` is ""), to its end (`final`)."""

    at: int
    step: str
    final: bool


def nothing_goes_forward_again(sagas: Sagas, tally: Tally) -> None:
    """Judge that no step is done, and no forward end reached, once a step was undone or the status went backward.

    A step on a parallel branch, in work when another branch began to go back, may still complete. So may the next step of
    all, unless the profile says that a failed step is not undone: its request was sent before the saga gave it up, and what
    comes of it is undone with the rest.
    """
    undoes_failed = tally.profile.knobs.get("compensate_failed_step") is not False
    for facts in sagas:
        ends, backward = facts.role.ends, facts.role.backward
        for instance in facts.instances.values():
            starts = _starts(facts, instance)
            if not starts:
                continue
            tally.exercised += 1
            start = min(one.at for one in starts)
            forward = [
                at
                for at, step in _done(facts, instance)
                if _goes_on(facts, instance, at, step, starts, undoes_failed)
            ]
            forward += [
                move.at
                for move in instance.moves
                if move.at > start and move.enters and move.after in ends and move.after not in backward
            ]
            if forward:
                tally.breach(
                    "forward-after-compensation",
                    f"{instance.name} went on after its compensation had begun",
                    start,
                    min(forward),
                    about=(instance.name,),
                )


def _starts(facts: SagaFacts, instance: Instance) -> list[_Start]:
    """Find where compensation began first, in each way."""
    backward, ends = facts.role.backward, facts.role.ends
    starts = [
        _Start(taken.undone_at, step.name, False)
        for step, taken in facts.each_step(instance)
        if taken.undone_at >= 0
    ]
    for final in (False, True):
        at = next((m.at for m in instance.moves if m.after in backward and (m.after in ends) is final), -1)
        if at >= 0:
            starts.append(_Start(at, "", final))
    return starts


def _done(facts: SagaFacts, instance: Instance) -> Iterator[tuple[int, str]]:
    for step, taken in facts.each_step(instance):
        for movement in taken.movements:
            if movement.amount > 0:
                yield movement.at, step.name


def _goes_on(
    facts: SagaFacts, instance: Instance, at: int, step: str, starts: list[_Start], undoes_failed: bool
) -> bool:
    return any(
        start.at < at and not _in_work(facts, instance, step, start, undoes_failed) for start in starts
    )


def _in_work(facts: SagaFacts, instance: Instance, step: str, start: _Start, undoes_failed: bool) -> bool:
    """Tell whether `step` may have been in work when compensation began: on a branch of its own, or about to fail."""
    if start.final or (start.step and facts.related(step, start.step)):
        return False
    has_branch = start.step or not all(facts.related(step, other.name) for other in facts.role.steps)
    # Without a branch of its own it is the step that failed: one that had been done by then is not in work again.
    if not has_branch and (not undoes_failed or instance.step(step).done_at < start.at):
        return False
    return all(instance.step(one).net_by(start.at) > 0 for one in facts.follows[step])
