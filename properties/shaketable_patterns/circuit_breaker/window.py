"""The window: the outcomes that a closed breaker remembers, and when they are enough to open it."""

from __future__ import annotations

from collections import deque

from shaketable_patterns.circuit_breaker.profile import Knobs


class Window:
    """The outcomes recorded since it closed, as far as the profile lets it remember them."""

    __slots__ = (
        "_average",
        "_balance",
        "_endless",
        "_entries",
        "_knobs",
        "_minimum",
        "_streak",
        "emptied_ms",
        "failures",
        "forgotten",
        "slow",
        "started",
    )

    def __init__(self, knobs: Knobs, quirks: frozenset[str] = frozenset()) -> None:
        self._knobs = knobs
        self._endless = "endless-window" in quirks
        self._minimum = 0 if "no-minimum" in quirks else knobs.evaluated_from
        self._entries: deque[tuple[int, bool, bool]] = deque()  # (time_ms, failed, slow)
        self._streak = 0  # failures in a row
        self._balance = 0  # failures, less one for each success
        self._average = 0.0  # of failures
        self.failures = 0
        self.slow = 0
        self.started = 0  # calls admitted, for a rate of those
        self.emptied_ms = 0  # when a tumbling window last began anew
        self.forgotten = 0  # outcomes that left, or went with their era

    def copy(self) -> Window:
        """Return another window with the same contents."""
        twin = Window.__new__(Window)
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name))
        twin._entries = deque(self._entries)
        return twin

    @property
    def contents(self) -> tuple[object, ...]:
        """All that it remembers: two windows with the same contents do the same."""
        rules = self._streak, self._balance, self._average
        return (tuple(self._entries), rules, self.failures, self.slow, self.started, self.emptied_ms)

    def add(self, failed: bool, slow: bool, now_ms: int) -> None:
        """Record one outcome and drop those that are too old."""
        self._streak = self._streak + 1 if failed else 0
        if self._knobs.trip_rule == "balance":
            self._balance = self._balance + 1 if failed else max(0, self._balance - 1)
        elif self._knobs.trip_rule == "average":
            weight = self._knobs.average_weight_percent / 100
            self._average = self._average * (1 - weight) + weight * failed
        self.failures += failed
        self.slow += slow
        if self._knobs.window != "none":
            self._entries.append((now_ms, failed, slow))
            if not self._endless:
                self._trim(now_ms)

    def trips(self, failed: bool, now_ms: int) -> tuple[bool, bool]:
        """Tell whether the outcome just recorded opens the breaker, and whether the edge of a time window may decide otherwise.

        That edge is as coarse as the buckets in which implementations keep their outcomes.
        """
        knobs = self._knobs
        if not failed and (knobs.judged_on == "failures" or knobs.trip_rule != "rate"):
            return False, False
        calls = self.started if knobs.counted_at == "start" else len(self._entries)
        if knobs.window != "time" or knobs.trip_rule == "consecutive" or self._endless:
            return self._reached(calls, self.failures, self.slow), False
        return self._trips_in_time(now_ms)

    def _trips_in_time(self, now_ms: int) -> tuple[bool, bool]:
        knobs = self._knobs
        edge_ms, oldest_ms = now_ms - knobs.window_ms + knobs.grain_ms + 1, now_ms - knobs.window_ms
        calls, failures, slow = len(self._entries), self.failures, self.slow
        answers = {self._reached(calls, failures, slow)}
        exactly = next(iter(answers))
        for time_ms, was_failure, was_slow in self._entries:
            if time_ms > edge_ms:
                break
            calls, failures, slow = calls - 1, failures - was_failure, slow - was_slow
            answers.add(reached := self._reached(calls, failures, slow))
            if time_ms < oldest_ms:
                exactly = reached
        return exactly, len(answers) > 1

    def _reached(self, calls: int, failures: int, slow: int) -> bool:
        knobs = self._knobs
        if knobs.trip_rule == "rate":
            return self._over_rate(calls, failures, slow)
        if knobs.trip_rule == "average":
            over = self._average * 100 - knobs.failure_threshold
            return over > 0 or (knobs.compare == ">=" and over == 0)
        reached = failures
        if knobs.trip_rule != "total":
            reached = self._streak if knobs.trip_rule == "consecutive" else self._balance
        return reached >= knobs.failure_threshold + (knobs.compare == ">")

    def clear(self, now_ms: int = 0) -> None:
        """Forget all outcomes: the breaker closes, or a tumbling window begins anew."""
        self.forgotten += len(self._entries) or self.failures
        self._entries.clear()
        self.failures = self.slow = self._streak = self._balance = self.started = 0
        self._average = 0.0
        self.emptied_ms = now_ms

    def _trim(self, now_ms: int) -> None:
        entries, knobs = self._entries, self._knobs
        if knobs.window == "tumbling":
            return
        by_count = knobs.window == "count"
        oldest_ms = now_ms - knobs.window_ms - knobs.grain_ms  # some buckets are kept to their end
        while len(entries) > knobs.window_size if by_count else entries[0][0] < oldest_ms:
            _, failed, slow = entries.popleft()
            self.failures -= failed
            self.slow -= slow
            self.forgotten += 1

    def _over_rate(self, calls: int, failures: int, slow: int) -> bool:
        return bool(calls) and calls >= self._minimum and rate_reached(self._knobs, calls, failures, slow)


def rate_reached(knobs: Knobs, calls: int, failures: int, slow: int) -> bool:
    """Tell whether so many failures, or slow calls, of so many calls open a breaker."""
    limit = knobs.failure_threshold * calls
    if failures * 100 > limit or (failures * 100 == limit and knobs.compare == ">="):
        return True
    return bool(knobs.slow_rate_threshold) and slow * 100 >= knobs.slow_rate_threshold * calls
