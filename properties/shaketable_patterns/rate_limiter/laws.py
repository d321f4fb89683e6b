"""The law of each budget: by the algorithm that the profile declares, and loosened by clocks that were set if it goes by them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from shaketable_patterns.rate_limiter.bucket_law import BucketLaw
from shaketable_patterns.rate_limiter.law import NO_SLACK, Law, Slack
from shaketable_patterns.rate_limiter.profile import BUCKETS, Knobs
from shaketable_patterns.rate_limiter.takings import Ask, LimiterFacts
from shaketable_patterns.rate_limiter.window_laws import CallWindowLaw, ClockWindowLaw, CounterLaw, LogLaw


def law_of(knobs: Knobs, asks: Sequence[Ask]) -> Law:
    """Return the law under which these calls are admitted, all those of one budget."""
    if knobs.algorithm in BUCKETS:
        return BucketLaw(knobs, asks[0].start_ms)
    if knobs.algorithm == "sliding_log":
        return LogLaw(knobs)
    if knobs.algorithm == "sliding_counter":
        return CounterLaw(knobs)
    return ClockWindowLaw(knobs) if knobs.window_from == "clock" else CallWindowLaw(knobs, asks)


def slack_of(facts: LimiterFacts, index: int) -> Slack:
    """Return how far the clocks that were set before an event may have moved a limiter that declares a wall clock."""
    if facts.knobs.clock != "wall" or not facts.steps:
        return NO_SLACK
    return Slack(tuple(facts.steps_before(index)))


def explaining(facts: LimiterFacts, index: int, asks: Sequence[Ask]) -> Slack:
    """Return how far they may have moved a wrong one: with each change from one worker to another the clock jumps again."""
    changes = sum(one.worker != other.worker for one, other in itertools.pairwise(asks))
    return Slack(tuple(facts.steps_before(index)), times=2 + changes, both_ways=True)
