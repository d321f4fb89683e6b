"""SG-7: instances whose events came twice or out of order end like any other."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.mapping.happenings import Happening, by_subject
from shaketable.mapping.quantity import in_digits
from shaketable_patterns.saga.facts import Disturbed, SagaFacts, Sagas
from shaketable_patterns.saga.instances import Instance


def _disturbed(sagas: Sagas) -> Iterator[tuple[SagaFacts, Instance, list[Disturbed]]]:
    """Yield every instance of which a group was given something again or out of order, once all is quiet."""
    for facts in sagas:
        if facts.index.unsettled:
            continue
        for name, deliveries in facts.disturbed.items():
            instance = facts.instances.get(name)
            if instance is not None and not facts.waits(instance):
                yield facts, instance, deliveries


def one_outcome(sagas: Sagas, tally: Tally) -> None:
    """Judge that of outcomes that exclude each other, one was seen."""
    shown: dict[int, list[list[tuple[str, dict[str, list[Happening]]]]]] = {
        id(facts): [
            [(outcome.name, by_subject(outcome.shown, facts.index)) for outcome in group]
            for group in facts.role.exclusive
        ]
        for facts in sagas
    }
    for facts, instance, deliveries in _disturbed(sagas):
        tally.exercised += len(deliveries)
        for group in shown[id(facts)]:
            seen = [(found[instance.name][0].at, name) for name, found in group if instance.name in found]
            if len(seen) > 1:
                (one_at, one), (other_at, other) = seen[:2]
                tally.breach(
                    "contradictory-outcomes",
                    f"{instance.name}: both {one} and {other} were announced",
                    one_at,
                    other_at,
                    about=(instance.name,),
                )


def same_end(sagas: Sagas, tally: Tally) -> None:
    """Judge that at its end an instance stands on the steps of that end, each as it was asked for, and on no other."""
    for facts, instance, deliveries in _disturbed(sagas):
        tally.exercised += len(deliveries)
        names = facts.role.ends.get(instance.status)
        if names is not None and not _is_sound(facts, instance, names):
            stands = " and ".join(
                f"{in_digits(instance.step(step.name).net)} {step.is_done}" for step in facts.role.steps
            )
            tally.breach(
                "duplicate-changed-state",
                f"{instance.name} is {instance.status} with {stands}",
                deliveries[0].clash,
                deliveries[0].at,
                instance.since,
                about=(instance.name,),
            )


def _is_sound(facts: SagaFacts, instance: Instance, names: tuple[str, ...]) -> bool:
    for step in facts.role.steps:
        net = instance.step(step.name).net
        if net != 0 if step.name not in names else net <= 0 or net != facts.amount(instance, step):
            return False
    return True
