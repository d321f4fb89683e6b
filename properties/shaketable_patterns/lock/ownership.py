"""LK-2 and LK-3: what a caller that is not the owner, or is it no more, may do and believe."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.lock.tenures import LockFacts, holder_of, is_granted


def only_ones_own_is_extended(facts: LockFacts, tally: Tally) -> None:
    """Count extensions by callers that own nothing; blame one that is answered that it extended the lease."""
    knobs = facts.knobs
    for call, done in facts.called("extend"):
        if facts.skewed(done.index):
            continue
        holder, start = holder_of(call), call.invoked
        others = facts.owners_throughout(call, done)
        if facts.may_be_held(call, done, by=holder) and not others:
            continue
        tally.exercised += 1
        if not is_granted(call):
            continue
        if others:
            assert others[0].told is not None
            words = f"{holder} extends its lease (call {call.number}) while {others[0].holder} has the lock"
            tally.breach("extended-anothers", words, others[0].told.index, done.index)
            continue
        own = facts.latest_of(holder, start.index)
        since = -1 if own is None or own.told is None else own.told.index
        came = own is None or facts.came_since(own, done.index)
        if own is not None and knobs.revives and not came:
            continue
        words = f"{holder} extends (call {call.number}) a lease that is over"
        allowed = "" if own is None or came or own.freed is not None else "revives=True"
        tally.breach("extended-expired", words, since, done.index, off_profile=allowed)


def no_owner_after_a_failure(facts: LockFacts, tally: Tally) -> None:
    """Count questions and writes of callers that no acquire can have made the owner; blame those that pass."""
    for call, done in facts.called("holds", "write"):
        holder = holder_of(call)
        if facts.may_be_held(call, done, by=holder) or facts.latest_of(holder, done.index) is not None:
            continue
        tried = [
            t for t in facts.tenures if t.holder == holder and t.acquire.invoked.index < call.invoked.index
        ]
        tally.exercised += bool(tried)
        if not is_granted(call):
            continue
        last = tried[-1].acquire.completion if tried else None
        asked = "whose acquires all failed" if tried else "which never asked for the lock"
        if call.method == "holds":
            words, anomaly = (
                f"{holder}, {asked}, is told that it has the lock (call {call.number})",
                "owner-after-failure",
            )
        else:
            words, anomaly = (
                f"{holder}, {asked}, writes as its owner (call {call.number})",
                "wrote-without-owning",
            )
        tally.breach(anomaly, words, -1 if last is None else last.index, done.index)
