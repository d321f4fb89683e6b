"""The law of token buckets, GCRA and leaky buckets: in every interval at most the burst and what came back meanwhile.

All is counted in parts of a call, `period_ms` to one, so that nothing is rounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shaketable_patterns.rate_limiter.law import Slack
from shaketable_patterns.rate_limiter.profile import Knobs
from shaketable_patterns.rate_limiter.takings import Taking


class BucketLaw:
    """A bucket that begins full, or empty: between the start of the run and its first call, at `first_ms`."""

    def __init__(self, knobs: Knobs, first_ms: int) -> None:
        self._first_ms = first_ms
        self._knobs = knobs
        self._call = knobs.period_ms
        self._burst = knobs.burst * knobs.period_ms
        self._tolerance_ms = knobs.tolerance_ms

    def excess(self, takings: Sequence[Taking], slack: Slack) -> tuple[Taking, ...]:
        """See `Law.excess`: try every interval that begins and ends with a taking."""
        if len(takings) * self._call <= self._burst and self._knobs.starts == "full":
            return ()
        spans = Counter((taking.earliest_ms, taking.latest_ms) for taking in takings)
        by_start = sorted(spans, reverse=True)
        for end_ms in sorted({latest_ms for _, latest_ms in spans}):
            count = 0
            for start_ms, latest_ms in by_start:
                if latest_ms > end_ms:
                    continue
                count += spans[start_ms, latest_ms]
                if (passed_ms := end_ms - start_ms + self._tolerance_ms) and slack.steps:
                    passed_ms += slack.ahead_ms(start_ms, end_ms)
                if count * self._call > self._burst + self._most(passed_ms):
                    return _within(takings, start_ms, end_ms)
            since_start_ms = end_ms + self._tolerance_ms + slack.ahead_ms(0, end_ms)
            if self._knobs.starts == "empty" and count * self._call > self._most(since_start_ms):
                return _within(takings, 0, end_ms)
        return ()

    def has_room(self, takings: Sequence[Taking], start_ms: int, end_ms: int, slack: Slack) -> bool:
        """See `Law.has_room`: the bucket is lowest if all was taken as late as may be."""
        behind_ms = slack.behind_ms(end_ms)
        ends = Counter(min(taking.latest_ms, start_ms) for taking in takings)
        lowest, taken = self._burst, 0
        for latest_ms in sorted(ends, reverse=True):
            taken += ends[latest_ms] * self._call
            lowest = min(lowest, self._burst - taken + self._least(start_ms - latest_ms - behind_ms))
        if self._knobs.starts == "empty":
            lowest = min(lowest, self._least(start_ms - self._first_ms - behind_ms) - taken)
        return lowest >= self._call

    def _most(self, passed_ms: int) -> int:
        """Return the most that comes back in a span: at intervals, one may begin and one end with it."""
        if self._knobs.refill == "continuous":
            return self._knobs.rate * passed_ms
        return self._knobs.rate * self._call * (passed_ms // self._call + 1)

    def _least(self, passed_ms: int) -> int:
        """Return the least that comes back in a span, which a clock of coarser steps may take for a shorter one."""
        counted_ms = max(0, passed_ms - self._tolerance_ms - 1)
        if self._knobs.refill == "continuous":
            return self._knobs.rate * counted_ms
        return self._knobs.rate * self._call * (counted_ms // self._call)


def _within(takings: Sequence[Taking], start_ms: int, end_ms: int) -> tuple[Taking, ...]:
    return tuple(t for t in takings if t.earliest_ms >= start_ms and t.latest_ms <= end_ms)
