"""RT-4: the budget of time: behind its end no attempt starts, or none is decided on, or all is over, as declared."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.retry.attempts import Retried, RetryFacts


def goes_on_within_budget(facts: RetryFacts, tally: Tally) -> None:
    """Count calls that failed as declared near the end of their budget; blame an attempt that starts, or is decided on, behind it."""
    knobs = facts.knobs
    for retried in facts.calls.values():
        if retried.was_moved:
            continue
        end_ms = retried.start_ms + knobs.budget_ms
        tally.exercised += any(
            attempt.returned is not None
            and facts.is_declared(attempt)
            and attempt.returned.time_ms + knobs.longest_ms > end_ms
            for attempt in retried.attempts
        )
        for _, _, returned, following in retried.pairs():
            decided = knobs.budget_covers == "decisions"
            at_ms = returned.time_ms if decided else following.entered.time_ms
            if at_ms <= end_ms + knobs.tolerance_ms:
                continue
            what = "is tried again after a failure" if decided else "is tried again"
            words = f"call {retried.call.number} {what} {at_ms - retried.start_ms} ms after it began, and budget_ms={knobs.budget_ms}"
            off = (
                ""
                if decided or returned.time_ms > end_ms + knobs.tolerance_ms
                else "budget_covers='decisions'"
            )
            _blame(facts, tally, retried, "went-on-after-budget", words, following.entered.index, off)
            break


def is_over_within_budget(facts: RetryFacts, tally: Tally) -> None:
    """Count calls with an attempt that runs until the budget is over; blame those that end later."""
    knobs = facts.knobs
    for retried in facts.calls.values():
        done = retried.call.completion
        end_ms = retried.start_ms + knobs.budget_ms
        if done is None or retried.was_moved or retried.call.is_recovery:
            continue
        tally.exercised += done.time_ms >= end_ms - knobs.tolerance_ms
        if done.time_ms > end_ms + knobs.tolerance_ms:
            words = f"call {retried.call.number} ends {done.time_ms - retried.start_ms} ms after it began, and budget_ms={knobs.budget_ms}"
            _blame(facts, tally, retried, "ended-after-budget", words, done.index, "budget_covers='starts'")


def _blame(
    facts: RetryFacts, tally: Tally, retried: Retried, anomaly: str, words: str, index: int, off_profile: str
) -> None:
    """Blame it; a LIMIT where a wall clock is declared and was set while the call was under way."""
    by_clock = facts.knobs.clock == "wall" and facts.clock_was_set(retried)
    tally.breach(
        anomaly, words, retried.call.invoked.index, index, off_profile=off_profile, documented=by_clock
    )
