"""SG-3: how steps are undone."""

from __future__ import annotations

from itertools import combinations

from shaketable.checkers.tally import Tally
from shaketable.mapping.roles import Becomes
from shaketable.mapping.value_paths import text
from shaketable_patterns.saga.facts import SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance, Taken
from shaketable_patterns.saga.roles import Step


def undone_in_reverse(sagas: Sagas, tally: Tally) -> None:
    """Judge that of two steps of which one follows the other, the one that completed later is undone first."""
    for facts in sagas:
        for instance in facts.instances.values():
            undone = [
                (taken.done_at, taken.undone_at, step)
                for step, taken in facts.each_step(instance)
                if taken.undos and taken.undone_at >= 0
            ]
            tally.exercised += len(undone)
            if len(undone) < 2:
                continue
            undone.sort(key=lambda one: one[0])
            for (done, undone_at, step), (later, later_undone_at, other) in combinations(undone, 2):
                if done >= 0 and undone_at < later_undone_at and facts.related(step.name, other.name):
                    tally.breach(
                        "compensated-out-of-order",
                        f"{instance.name} was {step.is_undone} before it was {other.is_undone}, and {step.is_done} first",
                        done,
                        later,
                        undone_at,
                        later_undone_at,
                        about=(instance.name,),
                    )


def undone_by_a_change_of_state(sagas: Sagas, tally: Tally) -> None:
    """Judge that no row of an instance or of its steps is deleted before the instance has ended."""
    for facts in sagas:
        role = facts.role
        tally.exercised += sum(
            bool(taken.undos) for instance in facts.instances.values() for taken in instance.taken.values()
        )
        kept: dict[tuple[str, str, str], Becomes] = {}
        for one in (role.instance, *(state for step in role.steps for state in step.rows)):
            kept.setdefault((one.rows.database, one.rows.table, repr(one.rows.where)), one)
        for one in kept.values():
            _deleted(facts, one, tally)


def _deleted(facts: SagaFacts, kept: Becomes, tally: Tally) -> None:
    mine, of = kept.rows.has, kept.read_of
    for change in facts.index.changes_of(kept.rows.database, kept.rows.table):
        if change.verb != "delete" or not mine(change):
            continue
        name = text(of(change))
        instance = facts.instances.get(name)
        if name in facts.older or (
            instance is not None and instance.status_before(change.at) in facts.role.ends
        ):
            continue  # swept away: nothing is undone by that
        tally.exercised += 1
        since = -1 if change.before is None else change.before.at
        tally.breach(
            "compensated-by-delete",
            f"{change.process} deleted a row of {kept.rows.table}",
            since,
            change.at,
            about=(name,),
        )


def what_failed_is_not_undone(sagas: Sagas, tally: Tally) -> None:
    """Judge that a step that says it failed is believed: only the steps before it are undone. A setting may allow it."""
    if tally.profile.knobs.get("compensate_failed_step") is not False:
        return
    for facts in sagas:
        for instance in facts.instances.values():
            for step, taken in facts.each_step(instance):
                if not taken.failed:
                    continue
                tally.exercised += 1
                if taken.undone_at >= 0 and taken.undos and not _other_failed(facts, instance, step):
                    _believed(instance, step, taken, tally)


def _other_failed(facts: SagaFacts, instance: Instance, step: Step) -> bool:
    """Tell whether a step failed that comes later or on another branch: a reason to undo this one."""
    return any(
        taken.failed and other is not step and other.name not in facts.follows[step.name]
        for other, taken in facts.each_step(instance)
    )


def _believed(instance: Instance, step: Step, taken: Taken, tally: Tally) -> None:
    tally.breach(
        "failed-step-compensated",
        f"the {step.name} of {instance.name} was said to have failed, and was {step.is_undone} all the same",
        taken.failed[0],
        taken.undone_at,
        about=(instance.name,),
        off_profile="compensate_failed_step=true",
    )
