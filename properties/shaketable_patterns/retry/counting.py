"""RT-1: a call is tried until the first success, at most as often as declared, and as often as that while there is time."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.retry.attempts import Retried, RetryFacts


def at_most_so_often(facts: RetryFacts, tally: Tally) -> None:
    """Count calls that used all their attempts; blame one more."""
    attempts = facts.knobs.attempts
    for retried in facts.calls.values():
        count = len(retried.attempts)
        tally.exercised += count >= attempts
        if count > attempts:
            one_more = retried.attempts[attempts].entered.index
            words = f"call {retried.call.number} is tried {count} times, and attempts={attempts}"
            tally.breach("too-many-attempts", words, retried.attempts[attempts - 1].entered.index, one_more)


def stops_at_the_first_success(facts: RetryFacts, tally: Tally) -> None:
    """Count attempts that succeeded; blame one behind them."""
    for retried in facts.calls.values():
        tally.exercised += sum(facts.succeeded(attempt) for attempt in retried.attempts)
        for _, attempt, returned, following in retried.pairs():
            if facts.succeeded(attempt):
                what = (
                    "returned its result"
                    if attempt.ending == "ok"
                    else f"returned a result that is false ({attempt.ending})"
                )
                words = f"call {retried.call.number} is tried again after it {what}"
                tally.breach("repeated-after-success", words, returned.index, following.entered.index)


def tries_while_it_may(facts: RetryFacts, tally: Tally) -> None:
    """Count calls that ended with what is declared to be tried again; blame those that had attempts and time left."""
    knobs = facts.knobs
    for retried in facts.calls.values():
        done = retried.call.completion
        if done is None or done.kind == "info" or retried.was_moved:
            continue
        last = retried.attempts[-1] if retried.attempts else None
        if last is None or last.returned is None:
            continue
        if not facts.is_declared(last) or (knobs.clock == "wall" and facts.clock_was_set(retried)):
            continue
        if knobs.repeats == "idempotent_only" and not retried.is_idempotent:
            continue  # it may be as careful with what surely did not happen
        tally.exercised += 1
        if 0 < knobs.attempts <= len(retried.attempts) or not _has_time(
            facts, retried, last.returned.time_ms
        ):
            continue
        of = f" of {knobs.attempts}" if knobs.attempts else ""
        words = f"call {retried.call.number} is given up after attempt {len(retried.attempts)}{of}, which failed as declared, in time"
        tally.breach("gave-up-early", words, last.returned.index, done.index)


def _has_time(facts: RetryFacts, retried: Retried, end_ms: int) -> bool:
    knobs = facts.knobs
    if not knobs.budget_ms:
        return True
    wait_ms = (
        0
        if knobs.budget_covers == "decisions"
        else knobs.bounds_ms(len(retried.attempts), knobs.longest_ms)[1]
    )
    return end_ms + wait_ms < retried.start_ms + knobs.budget_ms - knobs.tolerance_ms
