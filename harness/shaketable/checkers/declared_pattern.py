"""The pattern of one object, of which its profile declares what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from shaketable.checkers.rule import Declared, Rule, checkers_of, claimed
from shaketable.history import History
from shaketable.schedule import Schedule
from shaketable.subject import Pattern, Subject
from shaketable.verdict import Promise

F = TypeVar("F")


def declared_pattern(
    name: str,
    promises: Sequence[Promise],
    rules: Sequence[Rule[F]],
    declared: Declared,
    read: Callable[[History], F],
    *,
    machine: Callable[[Subject], type],
    workload: Callable[[Subject], Schedule],
    calibrate: Callable[[Subject, Callable[[Schedule], History]], Sequence[str]],
) -> Pattern:
    """Return the pattern `name`: the promises of which a rule is claimed, judged by the facts that `read` makes, once for each history."""
    kept, not_claimed = claimed(rules, declared)

    def facts(history: History) -> F:
        return history.view(read)

    promised = {rule.promise.id for rule in kept}
    return Pattern(
        name=name,
        promises=tuple(promise for promise in promises if promise.id in promised),
        checkers=checkers_of(kept, facts),
        machine=machine,
        workload=workload,
        calibrate=calibrate,
        not_claimed=tuple(not_claimed),
    )
