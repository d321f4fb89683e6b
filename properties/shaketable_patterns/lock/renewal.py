"""LK-4: with renewal a live holder stays the owner as long as the store is healthy; one that lost the lock is told."""

from __future__ import annotations

import math

from shaketable.checkers.tally import Tally
from shaketable_patterns.lock.tenures import LockFacts, holder_of, is_granted


def a_live_holder_stays(facts: LockFacts, tally: Tally) -> None:
    """Count acquires after the first lease of a live holder that met no fault; blame one that is granted."""
    lease_ms = facts.knobs.lease_ms
    for call, done in facts.called("acquire"):
        for tenure, told in facts.grants():
            is_over = done.time_ms > tenure.acquire.invoked.time_ms + lease_ms
            is_calm = not any(
                tenure.acquire.invoked.index < at < done.index for at in (*facts.receipts, *facts.skews)
            )
            lives = told.index < call.invoked.index and done.index < tenure.lapsed
            if tenure.holder == holder_of(call) or not (is_over and is_calm and lives):
                continue
            tally.exercised += 1
            if is_granted(call):
                words = (
                    f"{holder_of(call)} is granted the lock (call {call.number}) although {tenure.holder} lives, renews it and met "
                    "no fault"
                )
                tally.breach("lost-while-healthy", words, told.index, done.index)


def one_that_lost_is_told(facts: LockFacts, tally: Tally) -> None:
    """Count questions of holders that lost the lock; blame the answer that they have it."""
    for call, done in facts.called("holds"):
        holder = holder_of(call)
        if done.kind != "ok" or call.result is None or facts.skewed(done.index):
            continue
        own = facts.latest_of(holder, done.index)
        if own is None or own.told is None or own.lapsed < done.index or facts.confused(holder, done.index):
            continue
        others = facts.owners_throughout(call, done)
        is_over = not facts.may_be_held(call, done, by=holder) and own.lapsed == math.inf
        if not others and not is_over:
            continue
        tally.exercised += 1
        if is_granted(call):
            why = f"{others[0].holder} has the lock" if others else "its lease is over"
            words = f"{holder} is told that it has the lock (call {call.number}) while {why}"
            other = others[0].told if others else None
            tally.breach("not-told", words, own.told.index, -1 if other is None else other.index, done.index)
