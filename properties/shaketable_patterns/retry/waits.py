"""RT-2: each wait between two attempts is as long as declared, and each comes to an end."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.retry.attempts import RetryFacts


def waits_as_declared(facts: RetryFacts, tally: Tally) -> None:
    """Count waits; blame those that are too brief or too long. The last one may be cut to what is left of the budget."""
    knobs = facts.knobs
    for retried in facts.calls.values():
        if retried.was_moved:
            continue
        previous_ms = knobs.wait_ms
        for failed, _, returned, following in retried.pairs():
            waited_ms = following.entered.time_ms - returned.time_ms
            shortest_ms, longest_ms = knobs.bounds_ms(failed, previous_ms)
            previous_ms = max(waited_ms, knobs.wait_ms)
            tally.exercised += 1
            deadline_ms = retried.start_ms + knobs.budget_ms - knobs.tolerance_ms
            was_cut = knobs.budget_ms > 0 and following.entered.time_ms >= deadline_ms
            said = f"call {retried.call.number} waits {waited_ms} ms behind attempt {failed}"
            if waited_ms < shortest_ms - knobs.tolerance_ms and not was_cut:
                words = f"{said}, and has to wait {shortest_ms} ms at least"
                tally.breach("waited-too-briefly", words, returned.index, following.entered.index)
            elif waited_ms > longest_ms + knobs.tolerance_ms:
                words = f"{said}, and may wait {longest_ms} ms at most"
                tally.breach("waited-too-long", words, returned.index, following.entered.index)


def waits_end(facts: RetryFacts, tally: Tally) -> None:
    """Count calls that ended; blame those that wait for ever although no function runs."""
    for retried in facts.calls.values():
        done = retried.call.completion
        if done is None or done.kind != "info" or "blocked" not in (done.value or {}):
            tally.exercised += done is not None
            continue
        words = f"call {retried.call.number} waits for ever behind attempt {len(retried.attempts)}"
        tally.breach("waits-for-ever", words, retried.call.invoked.index, done.index)
