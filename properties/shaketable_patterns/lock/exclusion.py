"""LK-1, LK-8 and the exclusion of LK-10: who is granted the lock while another surely has it, or while it has to stay taken."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.history import Event
from shaketable_patterns.lock.profile import TOLERANCE_MS
from shaketable_patterns.lock.tenures import LockFacts, Tenure


def at_most_one_owner(facts: LockFacts, tally: Tally) -> None:
    """Count the acquires while another surely is the owner; blame one that is granted."""
    for call, done in facts.called("acquire"):
        if not facts.skewed(done.index):
            tally.exercised += bool(
                facts.owners(done.index, done.time_ms, beside=str(call.arguments["holder"]))
            )
    for tenure, told in facts.grants():
        if not facts.skewed(told.index) and (other := _beside(facts, tenure, told)) is not None:
            tally.breach("two-owners", _told(tenure, other), *_witness(tenure, other))


def skew_changes_nothing(facts: LockFacts, tally: Tally) -> None:
    """Count and blame the same where a node's wall clock was stepped before; a LIMIT if the nodes' clocks are declared to rule."""
    by_node = facts.knobs.clock == "node"
    for call, done in facts.called("acquire"):
        if facts.skewed(done.index) and not by_node:
            tally.exercised += bool(
                facts.owners(done.index, done.time_ms, beside=str(call.arguments["holder"]))
            )
    for tenure, told in facts.grants():
        if facts.skewed(told.index) and (other := _beside(facts, tenure, told)) is not None:
            tally.exercised += by_node
            words = f"{_told(tenure, other)}; a wall clock was stepped before"
            tally.breach(
                "broken-by-skew", words, *_witness(tenure, other), facts.skews[0], documented=by_node
            )


def stays_at_least(facts: LockFacts, tally: Tally) -> None:
    """Count acquires after a release while lockAtLeastFor holds; blame one that is granted."""
    at_least_ms = facts.knobs.at_least_ms
    for call, done in facts.called("acquire"):
        if facts.skewed(done.index):
            continue
        for other, told in facts.grants():
            until_ms = other.acquire.invoked.time_ms + at_least_ms - TOLERANCE_MS
            if not (
                other.lapsed < call.invoked.index
                and told.index < call.invoked.index
                and done.time_ms < until_ms
            ):
                continue
            tally.exercised += 1
            if call.result:
                passed_ms = done.time_ms - other.acquire.invoked.time_ms
                words = (
                    f"{call.arguments['holder']} is granted the lock {passed_ms} ms after {other.holder} asked for it, which has to "
                    f"stay taken for {at_least_ms} ms"
                )
                tally.breach("freed-too-early", words, told.index, int(other.lapsed), done.index)


def _beside(facts: LockFacts, tenure: Tenure, told: Event) -> Tenure | None:
    """Return another sure owner at the moment at which this one is told, if it surely owns the lock itself."""
    if not tenure.surely_owns(told.index, told.time_ms):
        return None
    return next(iter(facts.owners(told.index, told.time_ms, beside=tenure.holder)), None)


def _told(tenure: Tenure, other: Tenure) -> str:
    until_ms = max(until for _, until in other.sure)
    told = tenure.told
    assert told is not None
    return (
        f"{tenure.holder} is granted the lock (call {tenure.acquire.number}) {until_ms - told.time_ms} ms before the lease of "
        f"{other.holder} (call {other.acquire.number}) is over"
    )


def _witness(tenure: Tenure, other: Tenure) -> tuple[int, int]:
    assert tenure.told is not None
    assert other.told is not None
    return other.told.index, tenure.told.index
