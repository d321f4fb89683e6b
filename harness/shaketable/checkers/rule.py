"""A rule judges one clause of a promise over a pattern's facts; a rule checker judges all the clauses of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from shaketable.checkers.convergence import phases
from shaketable.checkers.tally import Tally
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Judgement, NotClaimed, Promise

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Rule(Generic[F]):
    """One clause: `judge` counts each opportunity in the tally and records what breaks it.

    `needs` are what a mapping must declare for it to be claimed, each `role.field`, alternatives joined by `|` and
    fields of one role by `&` (see `shaketable.mapping.mapping.Mapping.plays`). Without needs it is always claimed.
    `reached_by` is what would put it to the test, in words for a reader whose runs never did.
    """

    promise: Promise
    clause: str
    judge: Callable[[F, Tally], None]
    needs: tuple[str, ...] = ()
    reached_by: str = ""


class Declared(Protocol):
    """What a subject declares; `shaketable.mapping.mapping.Mapping` is one."""

    def plays(self, need: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class RuleChecker(Generic[F]):
    """Judges the claimed clauses of one promise over facts that `facts` reads out of a history."""

    promise: Promise
    rules: tuple[Rule[F], ...]
    facts: Callable[[History], F]

    @property
    def promises(self) -> tuple[Promise, ...]:
        """The one promise."""
        return (self.promise,)

    @property
    def reached_by(self) -> dict[tuple[str, str], str]:
        """What would put each clause to the test, in words, by promise and clause."""
        return {(rule.promise.id, rule.clause): rule.reached_by for rule in self.rules if rule.reached_by}

    def check(self, history: History, profile: Profile) -> tuple[Judgement, ...]:
        """Judge clause by clause; a promise of liveness is unknown in a run that never became quiet."""
        facts = self.facts(history)
        tally = Tally(self.promise, profile)
        for rule in self.rules:
            tally.begin(rule.clause)
            rule.judge(facts, tally)
        if self.promise.kind == "liveness":
            tally.unsettled = tally.unsettled or history.view(phases).unsettled
        return (tally.judgement(),)


def claimed(rules: Iterable[Rule[F]], declared: Declared) -> tuple[list[Rule[F]], list[NotClaimed]]:
    """Sort rules into those whose needs are declared, and the clauses that are not claimed."""
    kept: list[Rule[F]] = []
    left: list[NotClaimed] = []
    for rule in rules:
        missing = tuple(need for need in rule.needs if not declared.plays(need))
        if missing:
            left.append(NotClaimed(rule.promise.id, rule.clause, missing))
        else:
            kept.append(rule)
    return kept, left


def checkers_of(rules: Sequence[Rule[F]], facts: Callable[[History], F]) -> tuple[RuleChecker[F], ...]:
    """Return one checker for each promise that has a rule, in the order in which the promises first appear."""
    by_promise: dict[str, list[Rule[F]]] = {}
    for rule in rules:
        by_promise.setdefault(rule.promise.id, []).append(rule)
    return tuple(RuleChecker(found[0].promise, tuple(found), facts) for found in by_promise.values())
