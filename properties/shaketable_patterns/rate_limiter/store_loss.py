"""RL-6: a call whose store is lost to it ends as the profile declares: admitted, refused, or with the error."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.rate_limiter.laws import law_of, slack_of
from shaketable_patterns.rate_limiter.takings import Ask, LimiterFacts


def fails_as_declared(facts: LimiterFacts, tally: Tally) -> None:
    """Count calls to which the store was lost; blame those that end otherwise than declared.

    A limiter may ask its store again, and answer by what it is told then: only an answer that no store can have given is blamed.
    """
    declared = facts.knobs.store_lost
    for ask in facts.asks:
        if not ask.lost or ask.outcome in ("crashed", "cancelled", "blocked"):
            continue
        tally.exercised += 1
        found = ""
        if ask.outcome == "error" and declared != "raises":
            found = "raises"
        elif ask.outcome == "admitted" and declared != "open" and _is_beyond(facts, ask):
            found = "open"
        elif ask.outcome == "refused" and declared != "closed" and _has_room(facts, ask):
            found = "closed"
        if found:
            lost = ask.call.faults[0]
            words = f"call {ask.call.number} {_ENDS[found]} when its store does not answer, and store_lost={declared!r}"
            tally.breach(_ANOMALIES[found], words, lost.index, ask.end, off_profile=f"store_lost={found}")


_ENDS = {"open": "is admitted beyond its budget", "closed": "is refused", "raises": "ends with an error"}
_ANOMALIES = {
    "open": "opened-without-store",
    "closed": "closed-without-store",
    "raises": "raised-without-store",
}


def _is_beyond(facts: LimiterFacts, ask: Ask) -> bool:
    asks = facts.budgets[facts.budget_of(ask)]
    takings = [*facts.certain([one for one in asks if one.start < ask.start]), facts.taking(ask)]
    law, slack = law_of(facts.knobs, asks), slack_of(facts, ask.end)
    return bool(law.excess(takings, slack)) and not law.excess(takings[:-1], slack)


def _has_room(facts: LimiterFacts, ask: Ask) -> bool:
    asks = facts.budgets[facts.budget_of(ask)]
    before = [one for one in asks if one is not ask and one.start < ask.end]
    takings = [
        *facts.possible(before),
        *[facts.taking(ask)] * ask.lost,
    ]  # each time it asked it may have been counted
    return law_of(facts.knobs, asks).has_room(takings, ask.start_ms, ask.done_ms, slack_of(facts, ask.end))
