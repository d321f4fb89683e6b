"""BH-3 and BH-4: what becomes of a call that waits: it runs, times out or is cancelled, and no permit is free meanwhile.

What the recovery shows is BH-2's: a story should be told by its own steps.
"""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.bulkhead.facts import BulkheadFacts, Rejection
from shaketable_patterns.bulkhead.profile import FOR_EVER, NO_LIMIT, TOLERANCE_MS, Knobs, knobs_of


def too_soon(rejection: Rejection, knobs: Knobs) -> bool:
    """Tell whether a call was rejected before its wait was over, although there was room for it to wait."""
    waited_ms = rejection.waited_ms
    if knobs.max_queued != NO_LIMIT and waited_ms <= TOLERANCE_MS and rejection.waiting >= knobs.max_queued:
        return False
    return knobs.max_wait_ms == FOR_EVER or waited_ms < knobs.max_wait_ms - TOLERANCE_MS


def evicted(rejection: Rejection, knobs: Knobs) -> bool:
    """Tell whether a call that waited was rejected for what another call did, not because of its own time."""
    if not rejection.from_the_queue:
        return False
    return knobs.max_wait_ms == FOR_EVER or rejection.cause is not None


def never_rejected_from_the_queue(facts: BulkheadFacts, tally: Tally) -> None:
    """Count the calls that were seen to wait; blame a rejection of one that its own time does not explain."""
    knobs = knobs_of(tally.profile)
    tally.exercised += len({call.number for idle in facts.waits for call in idle.calls})
    for rejection in facts.rejections:
        if rejection.call.is_recovery or not rejection.from_the_queue:
            continue
        if too_soon(rejection, knobs) and evicted(rejection, knobs):
            cause = -1 if rejection.cause is None else rejection.cause.index
            told = f"call {rejection.call.number} waits, and is rejected after {rejection.waited_ms} ms"
            witness = (rejection.call.blocked[0].index, cause, rejection.event.index)
            tally.breach("rejected-from-the-queue", told, *witness)


def never_longer_than_its_wait(facts: BulkheadFacts, tally: Tally) -> None:
    """Blame a call that waits on when its time is over; a run in which a fault may have kept it says nothing."""
    knobs = knobs_of(tally.profile)
    if knobs.max_wait_ms <= 0 or not facts.steady:
        return
    for idle in facts.waits:
        for call in idle.calls:
            tally.exercised += 1
            ended = call.entered[0] if call.entered else call.completion
            until_ms = call.invoked.time_ms + knobs.max_wait_ms + TOLERANCE_MS
            if ended is not None and ended.time_ms > until_ms:
                waited_ms = ended.time_ms - call.invoked.time_ms
                told = f"call {call.number} waits for {waited_ms} ms and may wait {knobs.max_wait_ms} ms"
                tally.breach("waited-too-long", told, call.invoked.index, ended.index)


def never_idle_while_calls_wait(facts: BulkheadFacts, tally: Tally) -> None:
    """Count the times that pass while calls wait; blame one in which a permit is free."""
    permits = knobs_of(tally.profile).permits
    for idle in facts.waits:
        tally.exercised += 1
        if idle.held < permits:
            told = f"call {idle.calls[0].number} waits on while {idle.held} of {permits} permits are held"
            tally.breach("idle-while-calls-wait", told, idle.calls[0].invoked.index, idle.last.index)
