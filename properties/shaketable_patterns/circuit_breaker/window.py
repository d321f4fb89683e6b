"""The window: the outcomes that a closed breaker remembers, and when they are enough to open it."""

from __future__ import annotations

from collections import deque

from shaketable_patterns.circuit_breaker.profile import Knobs

BUCKET_MS_MAX = 1_000
"""The grain of a time window at most: implementations keep it in buckets of up to a second."""


class Window:
    """The outcomes recorded since it closed, as far as the profile lets it remember them."""

    __slots__ = ("_endless", "_entries", "_knobs", "_minimum", "_streak", "failures", "forgotten", "slow")

    def __init__(self, knobs: Knobs, quirks: frozenset[str] = frozenset()) -> None:
        self._knobs = knobs
        self._endless = "endless-window" in quirks
        self._minimum = 0 if "no-minimum" in quirks else knobs.evaluated_from
        self._entries: deque[tuple[int, bool, bool]] = deque()  # (time_ms, failed, slow)
        self._streak = 0  # failures in a row
        self.failures = 0
        self.slow = 0
        self.forgotten = 0  # outcomes that left, or went with their era

    def add(self, failed: bool, slow: bool, now_ms: int) -> None:
        """Record one outcome and drop those that are too old."""
        self._streak = self._streak + 1 if failed else 0
        self.failures += failed
        self.slow += slow
        if self._knobs.window != "none":
            self._entries.append((now_ms, failed, slow))
            if not self._endless:
                self._trim(now_ms)

    def trips(self, failed: bool) -> bool:
        """Tell whether the outcome just recorded opens the breaker."""
        knobs = self._knobs
        if knobs.trip_rule == "rate":
            return self._over_rate(len(self._entries), self.failures, self.slow)
        if not failed:
            return False
        reached = self._streak if knobs.trip_rule == "consecutive" else self.failures
        return reached >= knobs.failure_threshold + (knobs.compare == ">")

    def edge_decides(self, now_ms: int) -> bool:
        """Tell whether outcomes at the edge of a time window, which is as coarse as its buckets, make the difference."""
        knobs = self._knobs
        if knobs.window != "time" or knobs.trip_rule != "rate":
            return False
        grain_ms = min(BUCKET_MS_MAX, knobs.window_ms // 10) + 1
        young = [entry for entry in self._entries if now_ms - entry[0] < knobs.window_ms - grain_ms]
        if len(young) == len(self._entries):
            return False
        with_edge = self._over_rate(len(self._entries), self.failures, self.slow)
        return with_edge != self._over_rate(len(young), sum(e[1] for e in young), sum(e[2] for e in young))

    def clear(self) -> None:
        """Forget all outcomes: the breaker closes."""
        self.forgotten += len(self._entries) or self.failures
        self._entries.clear()
        self.failures = self.slow = self._streak = 0

    def _trim(self, now_ms: int) -> None:
        entries, knobs = self._entries, self._knobs
        by_count = knobs.window == "count"
        while len(entries) > knobs.window_size if by_count else now_ms - entries[0][0] > knobs.window_ms:
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
