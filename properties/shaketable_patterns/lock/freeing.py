"""LK-5, LK-7 and LK-10: an acquire is refused only while another attempt may hold the lock, whatever was stepped."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.components.calls.recorded_calls import CallRecord
from shaketable.history import Event
from shaketable_patterns.lock.tenures import LockFacts, Tenure, holder_of, is_granted


def free_after_a_release(facts: LockFacts, tally: Tally) -> None:
    """Count acquires within a lease that was released; blame one that is refused."""
    for call, done, last in _of_a_free_lock(facts):
        if last.freed is None or not _within_its_lease(facts, last, call):
            continue
        if facts.knobs.clock == "node" and facts.skewed(done.index):
            continue
        tally.exercised += 1
        if is_granted(call):
            continue
        released, _ = last.freed
        words = f"{last.holder} released the lock, and {holder_of(call)} does not get it (call {call.number})"
        failed = [release for release in last.failed_releases if release.completion is not None]
        anomaly = "not-released"
        if failed:
            anomaly = "release-not-retried"
            words = f"{last.holder} released the lock again after a release that failed, and {holder_of(call)} does not get it"
        first = failed[0].completion if failed else None
        tally.breach(anomaly, words, -1 if first is None else first.index, released.index, done.index)


def free_after_a_lease(facts: LockFacts, tally: Tally) -> None:
    """Count acquires after the end of every lease; blame one that is refused."""
    for call, done, last in _of_a_free_lock(facts):
        if facts.skewed(done.index):
            continue
        if last.freed is not None and _within_its_lease(facts, last, call):
            continue
        tally.exercised += 1
        if not is_granted(call):
            told = last.acquire.completion
            words = f"the last lease, of {last.holder}, is over, and {holder_of(call)} does not get the lock (call {call.number})"
            tally.breach("never-freed", words, -1 if told is None else told.index, done.index)


def free_whatever_the_clocks(facts: LockFacts, tally: Tally) -> None:
    """Count acquires of a free lock after a wall clock was stepped; blame one that is refused, a LIMIT of the nodes' clocks."""
    by_node = facts.knobs.clock == "node"
    for call, done, last in _of_a_free_lock(facts):
        if not facts.skewed(done.index) or (last.freed is not None and _within_its_lease(facts, last, call)):
            continue
        tally.exercised += not by_node or not is_granted(call)
        if not is_granted(call):
            told = last.acquire.completion
            words = (
                f"the last lease, of {last.holder}, is over, and {holder_of(call)} does not get the lock (call "
                f"{call.number}); a wall clock was stepped before"
            )
            witness = facts.skews[0], -1 if told is None else told.index, done.index
            tally.breach("kept-by-skew", words, *witness, documented=by_node)


def _of_a_free_lock(facts: LockFacts) -> Iterator[tuple[CallRecord, Event, Tenure]]:
    """Yield acquires that no fault met, while no attempt may hold the lock, each with the newest attempt that may have held it."""
    for call, done in facts.called("acquire"):
        is_stuck = done.kind == "info" and "blocked" in done.value
        if not (facts.was_calm(call) or is_stuck):
            continue
        if facts.may_be_held(call, done):
            continue
        earlier = [
            t for t in facts.tenures if t.acquire.invoked.index < call.invoked.index and _may_have_held(t)
        ]
        if earlier:
            yield call, done, earlier[-1]


def _may_have_held(tenure: Tenure) -> bool:
    done = tenure.acquire.completion
    return tenure.told is not None or (done is not None and done.kind != "ok" and not tenure.acquire.refused)


def _within_its_lease(facts: LockFacts, tenure: Tenure, call: CallRecord) -> bool:
    return call.invoked.time_ms < tenure.acquire.invoked.time_ms + facts.knobs.lease_ms
