"""RL-2, RL-3 and parts of RL-4 to RL-6: calls that were refused, or kept waiting, while there surely was room for them, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shaketable.checkers.tally import Tally
from shaketable_patterns.rate_limiter.law import Law
from shaketable_patterns.rate_limiter.laws import explaining, law_of, slack_of
from shaketable_patterns.rate_limiter.takings import Ask, LimiterFacts


class Denial(NamedTuple):
    """A call that was not admitted at once although its law had room. `cause` is the promise that was broken."""

    cause: str
    anomaly: str
    ask: Ask
    others: tuple[Ask, ...]
    """Calls that explain it: what they did counted, and should not have."""


def refusals_consume_nothing(facts: LimiterFacts, tally: Tally) -> None:
    """Count admissions after a refusal or a cancellation; blame a refusal that only these explain."""
    for asks in facts.budgets.values():
        refused = False
        for ask in asks:
            tally.exercised += refused and ask.outcome == "admitted"
            refused = refused or ask.outcome in ("refused", "cancelled")
    _blame(facts, tally, "RL-2")


def admitted_while_there_is_room(facts: LimiterFacts, tally: Tally) -> None:
    """Count admissions; blame refusals and waits while there was room, and calls that are never answered."""
    tally.exercised += sum(ask.outcome == "admitted" for ask in facts.asks)
    _blame(facts, tally, "RL-3")


def budgets_are_apart(facts: LimiterFacts, tally: Tally) -> None:
    """Count admissions of a worker with a budget of its own after a refusal of another; blame a refusal that the other explains."""
    tally.exercised += _beside(facts, lambda ask: ask.worker)
    _blame(facts, tally, "RL-4")


def clocks_block_nothing(facts: LimiterFacts, tally: Tally) -> None:
    """Count admissions after a wall clock was set; blame refusals and waits that only this explains."""
    if facts.steps:
        since = facts.steps[0].index
        tally.exercised += sum(ask.start > since and ask.outcome == "admitted" for ask in facts.asks)
    _blame(facts, tally, "RL-5")


def keys_are_apart(facts: LimiterFacts, tally: Tally) -> None:
    """Count admissions of a key after a refusal or a wait of another; blame a refusal that the other one explains."""
    tally.exercised += _beside(facts, lambda ask: ask.key)
    _blame(facts, tally, "RL-6")


def _beside(facts: LimiterFacts, of: object) -> int:
    assert callable(of)
    denied: set[str] = set()
    count = 0
    for ask in facts.asks:
        own = of(ask)
        if ask.outcome == "refused" or ask.waited:
            denied.add(own)
        elif ask.outcome == "admitted":
            count += bool(denied - {own})
    return count


def _blame(facts: LimiterFacts, tally: Tally, promise: str) -> None:
    for denial in denials_of(facts):
        if denial.cause == promise:
            ask = denial.ask
            steps = facts.steps_before(ask.end)[:1] if promise == "RL-5" else []
            witness = [step.index for step in steps] + [other.end for other in denial.others]
            tally.breach(denial.anomaly, _told(denial), *witness, ask.end)


_WHY = {
    "RL-2": "; it would be right if refused and cancelled calls counted",
    "RL-4": "; it would be right if the workers had one budget",
    "RL-5": "; a wall clock was set before",
    "RL-6": "; it would be right if all keys had one budget",
}


def _told(denial: Denial) -> str:
    ask = denial.ask
    whose = f"call {ask.call.number} (key {ask.key}, worker {ask.worker})"
    if ask.outcome == "blocked":
        return f"{whose} waits for ever, and there was room"
    waited = f" only after {ask.done_ms - ask.start_ms} ms" if ask.done_ms > ask.start_ms else ""
    what = f"is admitted{waited}" if ask.outcome == "admitted" else f"is refused{waited}"
    return f"{whose} {what} although there was room{_WHY.get(denial.cause, '')}"


def denials_of(facts: LimiterFacts) -> list[Denial]:
    """Return the calls that were denied what they were owed, found once for all rules that ask."""
    return facts.history.view(_Denials(facts))


class _Denials:
    """Finds the denials of one reading of a history."""

    def __init__(self, facts: LimiterFacts) -> None:
        self._facts = facts

    def __call__(self, _history: object) -> list[Denial]:
        return list(self._found())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Denials) and other._facts is self._facts

    def __hash__(self) -> int:
        return id(self._facts)

    def _found(self) -> Iterator[Denial]:
        for asks in self._facts.budgets.values():
            law = law_of(self._facts.knobs, asks)
            takings = self._facts.possible(asks)
            known: dict[tuple[int, int, int], bool] = {}
            for ask in asks:
                span = self._undecided(asks, ask)
                if span is None or ask.lost:
                    continue
                took = [one for one in takings if self._may_have_taken(one.ask, ask, span)]
                key = (*span, len(took))
                if key not in known:
                    known[key] = law.has_room(took, *span, slack_of(self._facts, ask.end))
                if known[key]:
                    yield self._explained(law, asks, ask, span)
                    break  # what comes after it follows from it

    def _undecided(self, asks: Sequence[Ask], ask: Ask) -> tuple[int, int] | None:
        """Return when this call should have been admitted if there was room, None if it was, or may have been cancelled."""
        knobs = self._facts.knobs
        if any(one.outcome == "blocked" and one.end < ask.end for one in asks):
            return None  # the harness waits for it no longer, and it may be admitted all the same
        if ask.outcome == "refused":
            is_owed = ask.is_alone or knobs.together == "exact"
            return (ask.start_ms, ask.done_ms) if is_owed else None
        if ask.outcome == "blocked" and knobs.excess == "refuse":
            return ask.start_ms, ask.start_ms
        shortly_before_ms = ask.done_ms - knobs.tolerance_ms - 1
        if (
            knobs.excess == "refuse"
            or ask.outcome not in ("admitted", "blocked")
            or not ask.waited
            or shortly_before_ms <= ask.start_ms
        ):
            return None
        if knobs.cancelled == "keeps_slot" and any(one.outcome == "cancelled" for one in asks):
            return None
        return shortly_before_ms, shortly_before_ms

    def _may_have_taken(self, other: Ask, ask: Ask, span: tuple[int, int]) -> bool:
        """Tell whether another call may have been counted by then: of calls that waited, one that was answered by then."""
        if other is ask or other.start > ask.end:
            return False
        at_once = self._facts.knobs.excess == "refuse" or ask.outcome == "refused"
        return at_once or other.was_late or other.done_ms <= span[1]

    def _explained(self, law: Law, asks: Sequence[Ask], ask: Ask, span: tuple[int, int]) -> Denial:
        facts = self._facts
        took = [one for one in asks if self._may_have_taken(one, ask, span)]
        possible, slack = facts.possible(took), slack_of(facts, ask.end)
        if facts.steps_before(ask.end) and (
            facts.knobs.clock == "wall" or not law.has_room(possible, *span, explaining(facts, ask.end, took))
        ):
            return Denial("RL-5", "blocked-by-clock", ask, ())
        plain = _ANOMALIES[ask.outcome]
        if ask.outcome == "blocked":
            return Denial("RL-3", plain, ask, ())
        if not ask.is_alone and facts.knobs.excess == "refuse":
            return Denial(
                "RL-3", plain, ask, ()
            )  # of calls in flight together it cannot be told what came of which
        others = [one for one in facts.asks if one.start < ask.end and one is not ask]
        by_key = [one for one in others if one.key != ask.key]
        if by_key and not law.has_room(facts.possible([*took, *by_key]), *span, slack):
            return Denial("RL-6", "keys-not-isolated", ask, tuple(_admitted(by_key)))
        by_worker = [
            one for one in others if one.key == ask.key and one.worker != ask.worker and one not in took
        ]
        if by_worker and not law.has_room(facts.possible([*took, *by_worker]), *span, slack):
            return Denial("RL-4", "budgets-mixed", ask, tuple(_admitted(by_worker)))
        if not law.has_room(facts.possible(took, refused=True), *span, slack):
            refused = tuple(one for one in took if one.outcome in ("refused", "cancelled"))
            return Denial("RL-2", "refusal-consumed", ask, refused)
        return Denial("RL-3", plain, ask, ())


_ANOMALIES = {"admitted": "delayed-with-room", "refused": "refused-with-room", "blocked": "waits-for-ever"}


def _admitted(asks: Sequence[Ask]) -> Iterator[Ask]:
    return (ask for ask in asks if ask.outcome == "admitted")
