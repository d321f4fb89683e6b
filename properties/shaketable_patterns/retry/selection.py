"""RT-3 and RT-6: what is tried again: only what is declared, no cancellation, and nothing that may have happened and must not twice."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.retry.attempts import UNKNOWN, RetryFacts

CANCELLED = "cancelled"


def only_what_is_declared(facts: RetryFacts, tally: Tally) -> None:
    """Count attempts that ended with an error that is not declared; blame one behind them."""
    for retried in facts.calls.values():
        tally.exercised += sum(
            attempt.returned is not None
            and attempt.ending != CANCELLED
            and not facts.succeeded(attempt)
            and not facts.is_declared(attempt)
            for attempt in retried.attempts
        )
        for _, attempt, returned, following in retried.pairs():
            if attempt.ending == CANCELLED or facts.succeeded(attempt) or facts.is_declared(attempt):
                continue
            words = f"call {retried.call.number} is tried again after an error that is not declared ({attempt.ending})"
            off = "retries='exceptions'" if attempt.ending in ("excluded", "excluded_falsy", "group") else ""
            tally.breach(
                "retried-undeclared", words, returned.index, following.entered.index, off_profile=off
            )


def never_a_cancellation(facts: RetryFacts, tally: Tally) -> None:
    """Count attempts that were cancelled; blame one behind them, and a call that ends as if it had not been cancelled."""
    for retried in facts.calls.values():
        for _, attempt, returned, following in retried.pairs():
            if attempt.ending == CANCELLED:
                words = f"call {retried.call.number} is tried again after it was cancelled"
                tally.breach("retried-cancellation", words, returned.index, following.entered.index)
        last = retried.attempts[-1] if retried.attempts else None
        if last is None or last.ending != CANCELLED or last.returned is None:
            continue
        tally.exercised += 1
        done = retried.call.completion
        if (
            done is None
            or done.kind == "info"
            or (done.kind == "fail" and facts.knobs.cancellation == "last_error")
        ):
            continue
        off = "cancellation='last_error'" if done.kind == "fail" else ""
        words = f"call {retried.call.number} was cancelled, and its caller is told nothing of that"
        tally.breach("cancellation-swallowed", words, last.returned.index, done.index, off_profile=off)


def no_unknown_outcome_twice(facts: RetryFacts, tally: Tally) -> None:
    """Count requests that are not idempotent and got no answer; blame one that is sent again."""
    for retried in facts.calls.values():
        if retried.is_idempotent:
            continue
        tally.exercised += sum(attempt.ending in UNKNOWN for attempt in retried.attempts)
        for _, attempt, returned, following in retried.pairs():
            if attempt.ending in UNKNOWN:
                words = f"call {retried.call.number} is not idempotent, got no answer, and is sent again"
                tally.breach("unknown-repeated", words, returned.index, following.entered.index)
