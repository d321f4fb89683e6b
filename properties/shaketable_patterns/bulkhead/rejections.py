"""BH-5: a call is rejected only when all permits are taken, and only after its wait.

What the recovery shows is BH-2's: a story should be told by its own steps.
"""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable_patterns.bulkhead.facts import BulkheadFacts, Rejection
from shaketable_patterns.bulkhead.profile import FOR_EVER, NO_LIMIT, TOLERANCE_MS, knobs_of
from shaketable_patterns.bulkhead.queue import evicted, too_soon


def only_when_full(facts: BulkheadFacts, tally: Tally) -> None:
    """Blame a rejection while fewer permits are held than there are."""
    permits = knobs_of(tally.profile).permits
    for rejection in _of_callers(facts):
        tally.exercised += 1
        if rejection.held < permits:
            told = f"call {rejection.call.number} is rejected while {rejection.held} of {permits} permits are held"
            tally.breach("rejected-while-free", told, *rejection.entries, rejection.event.index)


def only_after_its_wait(facts: BulkheadFacts, tally: Tally) -> None:
    """Blame a rejection before the time that a call may wait is over, unless as many wait as may."""
    knobs = knobs_of(tally.profile)
    if not knobs.max_wait_ms:
        return
    for rejection in _of_callers(facts):
        tally.exercised += 1
        if not too_soon(rejection, knobs) or evicted(rejection, knobs):
            continue
        waited_ms, number = rejection.waited_ms, rejection.call.number
        witness = (rejection.call.invoked.index, rejection.event.index)
        if knobs.max_queued != NO_LIMIT and waited_ms <= TOLERANCE_MS:
            told = f"call {number} is rejected at once while {rejection.waiting} wait, and {knobs.max_queued} may"
            tally.breach("rejected-with-room-to-wait", told, *witness)
        else:
            may = "as long as it takes" if knobs.max_wait_ms == FOR_EVER else f"{knobs.max_wait_ms} ms"
            told = f"call {number} is rejected after {waited_ms} ms and may wait {may}"
            tally.breach("rejected-before-its-wait", told, *witness, off_profile=f"max_wait_ms={waited_ms}")


def _of_callers(facts: BulkheadFacts) -> Iterator[Rejection]:
    return (rejection for rejection in facts.rejections if not rejection.call.is_recovery)
