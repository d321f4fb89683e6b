"""The laws of windows: fixed ones, a log of the last period, and the counter that weighs the window before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shaketable.components.clock import WALL_START_S
from shaketable_patterns.rate_limiter.law import Slack
from shaketable_patterns.rate_limiter.profile import Knobs
from shaketable_patterns.rate_limiter.takings import Ask, Taking


class LogLaw:
    """At most `rate` calls in any span that is shorter than a period.

    Windows of a fixed place are looser by one period, `edges`: a span may touch one more of them. What a limiter
    of that kind surely has room for is the same: all that may count is in the last period, `counts_periods` of them.
    """

    def __init__(self, knobs: Knobs, edges: int = 0, counts_periods: int = 1) -> None:
        self._knobs = knobs
        self._edges = edges
        self._counts_ms = counts_periods * knobs.period_ms

    def excess(self, takings: Sequence[Taking], slack: Slack) -> tuple[Taking, ...]:
        """See `Law.excess`."""
        knobs = self._knobs
        spans = Counter((taking.earliest_ms, taking.latest_ms) for taking in takings)
        by_start = sorted(spans, reverse=True)
        for end_ms in sorted({latest_ms for _, latest_ms in spans}):
            count = 0
            for start_ms, latest_ms in by_start:
                if latest_ms > end_ms:
                    continue
                count += spans[start_ms, latest_ms]
                passed_ms = end_ms - start_ms + knobs.tolerance_ms + slack.ahead_ms(start_ms, end_ms)
                windows = passed_ms // knobs.period_ms + 1 + self._edges + slack.sets(start_ms, end_ms)
                if count > knobs.rate * windows:
                    return tuple(t for t in takings if t.earliest_ms >= start_ms and t.latest_ms <= end_ms)
        return ()

    def has_room(self, takings: Sequence[Taking], start_ms: int, end_ms: int, slack: Slack) -> bool:
        """See `Law.has_room`."""
        since_ms = start_ms - self._counts_ms - self._knobs.tolerance_ms - slack.behind_ms(end_ms)
        return sum(taking.latest_ms >= since_ms for taking in takings) < self._knobs.rate


class _ClockWindows:
    """The windows that begin at the multiples of a period by a wall clock that was never set."""

    def __init__(self, knobs: Knobs) -> None:
        self._period_ms, self._tolerance_ms = knobs.period_ms, knobs.tolerance_ms
        self._offset_ms = WALL_START_S * 1000 % knobs.period_ms

    def place_of(self, start_ms: int, end_ms: int) -> int | None:
        """Return which window surely has both moments, None if there is an edge near."""
        first, last = self._place(start_ms - self._tolerance_ms), self._place(end_ms + self._tolerance_ms)
        return first if first == last else None

    def passed_ms(self, time_ms: int) -> int:
        """Return how long before a moment its window began."""
        return (time_ms + self._offset_ms) % self._period_ms

    def count(self, takings: Sequence[Taking], place: int) -> int:
        """Return how many may count in a window: those that are near its edges too."""
        return sum(
            self._place(t.earliest_ms - self._tolerance_ms)
            <= place
            <= self._place(t.latest_ms + self._tolerance_ms)
            for t in takings
        )

    def _place(self, time_ms: int) -> int:
        return (time_ms + self._offset_ms) // self._period_ms


class ClockWindowLaw:
    """At most `rate` calls in each window of the clock; by a clock that was set, of windows that begin anywhere."""

    def __init__(self, knobs: Knobs) -> None:
        self._rate = knobs.rate
        self._windows = _ClockWindows(knobs)
        self._anywhere = LogLaw(knobs, edges=1)

    def excess(self, takings: Sequence[Taking], slack: Slack) -> tuple[Taking, ...]:
        """See `Law.excess`."""
        if slack.steps:
            return self._anywhere.excess(takings, slack)
        of_window: dict[int, list[Taking]] = {}
        for taking in takings:
            place = self._windows.place_of(taking.earliest_ms, taking.latest_ms)
            if place is not None:
                of_window.setdefault(place, []).append(taking)
        return next((tuple(kept) for kept in of_window.values() if len(kept) > self._rate), ())

    def has_room(self, takings: Sequence[Taking], start_ms: int, end_ms: int, slack: Slack) -> bool:
        """See `Law.has_room`."""
        place = None if slack.steps else self._windows.place_of(start_ms, end_ms)
        if place is None:
            return self._anywhere.has_room(takings, start_ms, end_ms, slack)
        return self._windows.count(takings, place) < self._rate


class CounterLaw:
    """At most `rate` calls in this window of the clock and, by the part of the period that is left, in the one before."""

    def __init__(self, knobs: Knobs) -> None:
        self._rate, self._period_ms, self._tolerance_ms = knobs.rate, knobs.period_ms, knobs.tolerance_ms
        self._windows = _ClockWindows(knobs)
        self._anywhere = LogLaw(knobs, edges=1, counts_periods=2)

    def excess(self, takings: Sequence[Taking], slack: Slack) -> tuple[Taking, ...]:
        """See `Law.excess`: whichever of them was the last one to be counted, it met all the others."""
        if slack.steps:
            return self._anywhere.excess(takings, slack)
        of_window: dict[int, list[Taking]] = {}
        for taking in sorted(takings, key=lambda one: one.ask.end):
            place = self._windows.place_of(taking.earliest_ms, taking.latest_ms)
            if place is None:
                continue
            before, now = of_window.get(place - 1, []), of_window.setdefault(place, [])
            left_ms = self._period_ms - self._windows.passed_ms(taking.latest_ms) - self._tolerance_ms
            if len(before) * left_ms + len(now) * self._period_ms >= self._rate * self._period_ms:
                return (*before, *now, taking)
            now.append(taking)
        return ()

    def has_room(self, takings: Sequence[Taking], start_ms: int, end_ms: int, slack: Slack) -> bool:
        """See `Law.has_room`."""
        place = None if slack.steps else self._windows.place_of(start_ms, end_ms)
        if place is None:
            return self._anywhere.has_room(takings, start_ms, end_ms, slack)
        left_ms = self._period_ms - self._windows.passed_ms(start_ms) + self._tolerance_ms
        before, now = self._windows.count(takings, place - 1), self._windows.count(takings, place)
        return before * left_ms + (now + 1) * self._period_ms <= self._rate * self._period_ms


class CallWindowLaw:
    """At most `rate` calls in a window that a call opens once the one before it is over.

    It is known where a window begins if nothing was asked for a period before; `asks` are all calls of the budget.
    """

    def __init__(self, knobs: Knobs, asks: Sequence[Ask]) -> None:
        self._knobs = knobs
        self._anywhere = LogLaw(knobs, edges=1)
        self._opened = _opened(knobs, asks)

    def excess(self, takings: Sequence[Taking], slack: Slack) -> tuple[Taking, ...]:
        """See `Law.excess`."""
        if not slack.steps:
            length_ms = self._knobs.period_ms - self._knobs.tolerance_ms
            for opened_ms in self._opened:
                kept = [
                    t for t in takings if opened_ms <= t.earliest_ms and t.latest_ms < opened_ms + length_ms
                ]
                if len(kept) > self._knobs.rate:
                    return tuple(kept)
        return self._anywhere.excess(takings, slack)

    def has_room(self, takings: Sequence[Taking], start_ms: int, end_ms: int, slack: Slack) -> bool:
        """See `Law.has_room`."""
        length_ms, tolerance_ms = self._knobs.period_ms, self._knobs.tolerance_ms
        if not slack.steps:
            for opened_ms in self._opened:
                if opened_ms <= start_ms and end_ms < opened_ms + length_ms - tolerance_ms:
                    return sum(taking.latest_ms >= opened_ms for taking in takings) < self._knobs.rate
        return self._anywhere.has_room(takings, start_ms, end_ms, slack)


def _opened(knobs: Knobs, asks: Sequence[Ask]) -> list[int]:
    """Return when windows surely were opened."""
    known: list[int] = []
    opened_ms: int | None = None
    quiet_since_ms = -2 * knobs.period_ms
    for ask in asks:
        at_ms, is_brief = ask.start_ms, ask.done_ms == ask.start_ms and not ask.was_late
        passed_ms = at_ms - (quiet_since_ms if opened_ms is None else opened_ms)
        edge_ms = knobs.period_ms + knobs.tolerance_ms
        if opened_ms is None:
            opened_ms = at_ms if passed_ms > edge_ms else None
            known += [] if opened_ms is None or not is_brief else [opened_ms]
        elif passed_ms > edge_ms:
            opened_ms = at_ms
            known += [opened_ms] if is_brief else []
        elif passed_ms >= knobs.period_ms - knobs.tolerance_ms:
            opened_ms = None
        if not is_brief:
            opened_ms = None  # it may have opened the next one when it went on
        quiet_since_ms = max(quiet_since_ms, ask.done_ms)
    return known
