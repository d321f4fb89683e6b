"""RL-1, RL-4 and RL-5: what was admitted together and should not have been, by one caller, by several, or after a clock was set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shaketable.checkers.tally import Tally
from shaketable_patterns.rate_limiter.laws import explaining, law_of, slack_of
from shaketable_patterns.rate_limiter.takings import Ask, LimiterFacts, Taking


class Excess(NamedTuple):
    """More was admitted than the law of a budget allows; `cause` is the promise that was broken."""

    cause: str
    takings: tuple[Taking, ...]


def one_caller_keeps_to_the_law(facts: LimiterFacts, tally: Tally) -> None:
    """Count calls that had to wait or were refused; blame what one worker, call by call, was admitted beyond its law."""
    tally.exercised += sum(ask.outcome == "refused" or ask.waited for ask in facts.asks)
    _blame(facts, tally, "RL-1", "over-admitted")


def callers_share_a_budget(facts: LimiterFacts, tally: Tally) -> None:
    """Count refusals and waits of a budget that several workers, or calls in flight together, draw on; blame what is beyond its law."""
    for asks in facts.budgets.values():
        several = False
        for ask in asks:
            several = several or not ask.is_alone or ask.worker != asks[0].worker
            tally.exercised += several and (ask.outcome == "refused" or ask.waited)
    _blame(facts, tally, "RL-4", "budget-not-shared")


def clocks_mint_nothing(facts: LimiterFacts, tally: Tally) -> None:
    """Count refusals and waits after a wall clock was set; blame what was admitted because of that."""
    if facts.steps:
        since = facts.steps[0].index
        tally.exercised += sum(
            ask.start > since and (ask.outcome == "refused" or ask.waited) for ask in facts.asks
        )
    _blame(facts, tally, "RL-5", "minted-by-clock")


def excesses_of(facts: LimiterFacts) -> tuple[Excess, ...]:
    """Return at most one excess of each budget."""
    return tuple(facts.history.view(_Excesses(facts)))


class _Excesses:
    """Finds the excesses once for all rules that ask."""

    def __init__(self, facts: LimiterFacts) -> None:
        self._facts = facts

    def __call__(self, _history: object) -> list[Excess]:
        return list(self._found())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Excesses) and other._facts is self._facts

    def __hash__(self) -> int:
        return id(self._facts)

    def _found(self) -> Iterator[Excess]:
        facts = self._facts
        slack = slack_of(facts, len(facts.history))
        for asks in facts.budgets.values():
            law = law_of(facts.knobs, asks)
            found = law.excess(facts.certain(asks), slack)
            if not found:
                continue
            last = max(taking.ask.end for taking in found)
            if facts.steps_before(last) and not law.excess(
                facts.certain(asks), explaining(facts, last, asks)
            ):
                yield Excess("RL-5", found)
            elif alone := self._by_one(asks):
                yield Excess("RL-1", alone)
            else:
                yield Excess("RL-4", found)

    def _by_one(self, asks: Sequence[Ask]) -> tuple[Taking, ...]:
        """Return what one worker alone took too much of, its calls one after the other, or all of them if they wait."""
        facts = self._facts
        law, slack = law_of(facts.knobs, asks), slack_of(facts, len(facts.history))
        for worker in dict.fromkeys(ask.worker for ask in asks):
            own = [
                ask for ask in asks if ask.worker == worker and (ask.is_alone or facts.knobs.excess == "wait")
            ]
            if found := law.excess(facts.certain(own), slack):
                return found
        return ()


def _blame(facts: LimiterFacts, tally: Tally, promise: str, anomaly: str) -> None:
    for excess in excesses_of(facts):
        if excess.cause == promise:
            tally.breach(anomaly, _told(facts, excess.takings), *_witness(facts, excess))


def _told(facts: LimiterFacts, takings: tuple[Taking, ...]) -> str:
    knobs = facts.knobs
    first_ms, last_ms = min(t.earliest_ms for t in takings), max(t.latest_ms for t in takings)
    law = f"{knobs.algorithm} of {knobs.rate} in {knobs.period_ms} ms"
    burst = f", burst {knobs.burst}" if knobs.burst else ""
    workers = sorted({taking.ask.worker for taking in takings})
    whose = f" of workers {' and '.join(workers)}" if len(workers) > 1 else ""
    set_by = facts.steps_before(max(taking.ask.end for taking in takings))
    after = "; a wall clock was set before" if set_by else ""
    return (
        f"{len(takings)} calls{whose} are admitted within {last_ms - first_ms} ms, by a {law}{burst}{after}"
    )


def _witness(facts: LimiterFacts, excess: Excess) -> tuple[int, ...]:
    ends = [taking.ask.end for taking in excess.takings]
    steps = [step.index for step in facts.steps_before(max(ends))] if excess.cause == "RL-5" else []
    return *steps[:1], *ends
