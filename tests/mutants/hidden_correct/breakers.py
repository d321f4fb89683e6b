"""Correct breakers with the semantics of known libraries, each declared as what it is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from shaketable import breaker
from shaketable.profile import Knob
from shaketable.subject import Subject
from shaketable_targets.breakers import TEXTBOOK
from tests.mutants.hidden_correct.breaker_core import (
    AsyncBreaker,
    Core,
    Rate,
    SyncBreaker,
    ThreadBreaker,
    TimedRate,
    WaitingBreaker,
)

BASE = TEXTBOOK | {"clock": "monotonic"}
COUNT = {
    "trip_rule": "rate",
    "failure_threshold": 50,
    "window": "count",
    "window_size": 10,
    "minimum_calls": 4,
}
TIME = {
    "trip_rule": "rate",
    "failure_threshold": 50,
    "window": "time",
    "window_ms": 10_000,
    "minimum_calls": 4,
}


class Opossum(TimedRate):
    """Opossum: more than half of ten seconds' calls, from a volume of four on; one call while half-open."""

    strict = True


class CountingSmall(Rate):
    """Resilience4j with a count window of five and two permits, both of which must succeed."""

    size = 5
    minimum = 5
    permits = 2
    successes = 2


class Buckets(TimedRate):
    """Resilience4j's time window: ten buckets of one second, the oldest dropped as a whole."""

    def add(self, failed: bool, took_ms: int) -> bool:
        now_s = self.now_ms() // 1000
        self.window.append((now_s, failed))
        while self.window[0][0] <= now_s - 10:
            self.window.popleft()
        calls, failures = len(self.window), sum(failed for _, failed in self.window)
        return calls >= self.minimum and failures * 2 >= calls


class PollyConsecutive(Core):
    """Polly's consecutive controller: late results count in the state that they meet."""

    counts_stale = True


class PollyAdvanced(TimedRate):
    """Polly's advanced controller: a ratio over a sampling duration, judged when a failure arrives."""

    def add(self, failed: bool, took_ms: int) -> bool:
        return super().add(failed, took_ms) and failed


class GoMaxRequests(Core):
    """gobreaker with MaxRequests 3: three half-open calls in all, and three successes close."""

    permits = 3
    successes = 3


class TwoSuccesses(Core):
    """pybreaker with success_threshold 2: one trial at a time, two of them close."""

    at_once = True
    successes = 2


class HystrixRolling(TimedRate):
    """Hystrix: a rolling percentage and a volume."""

    window_ms = 10_000


class Unlimited(Core):
    """Envoy-like: after the ejection every call goes through; the first result decides."""

    permits = 0


class Total(Core):
    """Counts failures since it closed; a success forgives none."""

    def add(self, failed: bool, took_ms: int) -> bool:
        self.failures += failed
        return self.failures >= 3


class Slow(Core):
    """Resilience4j's slow-call rate beside its failure rate, over the last ten."""

    def clear(self) -> None:
        self.window: deque[tuple[bool, bool]] = deque(maxlen=10)

    def add(self, failed: bool, took_ms: int) -> bool:
        self.window.append((failed, took_ms > 5_000))
        calls = len(self.window)
        failures, slow = (sum(column) for column in zip(*self.window, strict=True))
        return calls >= 4 and (failures * 2 >= calls or slow >= calls)

    def record(self, given: tuple[int, int], failed: bool) -> None:
        slow = self.state == "half_open" and self.now_ms() - given[1] > 5_000
        super().record(given, failed or slow)


class Extending(Core):
    """A failure that arrives while it is open begins the wait anew."""

    late_failure_extends = True


class Bounded(Core):
    """Resilience4j's longest time in half-open: after that it is open again."""

    max_half_open_ms = 30_000


class Automatic(AsyncBreaker):
    """Resilience4j's automatic transition: half-open when the wait is over, without a call."""

    def __init__(self, clock: object) -> None:
        super().__init__(clock)
        self.core.listeners.append(self._schedule)

    def _schedule(self) -> None:
        if self.core.state == "open":
            asyncio.get_running_loop().call_later(self.core.wait_ms / 1000, self._go, self.core.era)

    def _go(self, era: int) -> None:
        if self.core.era == era:
            self.core.enter("half_open")


def _breaker(
    name: str,
    carrier: type[SyncBreaker],
    core: type[Core],
    knobs: dict[str, Knob] | None = None,
    **choices: bool,
) -> tuple[str, Callable[[], Subject]]:
    made = type(name.title().replace("-", ""), (carrier,), {"core_of": core, **choices})
    threads = issubclass(carrier, ThreadBreaker)
    sync = not issubclass(carrier, AsyncBreaker)
    declared: dict[str, Knob] = BASE | (knobs or {})

    def make() -> Subject:
        return breaker(
            f"hidden/breaker/{name}",
            made,
            profile=declared,
            sync=sync,
            time="injected",
            carrier="threads" if threads or not sync else "greenlets",
            summary=(core.__doc__ or "").partition("\n")[0],
        )

    return name, make


SUBJECTS = (
    _breaker("opossum", AsyncBreaker, Opossum, TIME | {"compare": ">"}),
    _breaker(
        "resilience4j-count",
        AsyncBreaker,
        CountingSmall,
        COUNT
        | {"window_size": 5, "minimum_calls": 5, "half_open_permits": 2, "half_open_limit": "total"}
        | {"close_on": "successes", "close_successes": 2},
    ),
    _breaker("resilience4j-time", AsyncBreaker, Buckets, TIME),
    _breaker("resilience4j-automatic", Automatic, Core, {"leaves_open": "automatic"}),
    _breaker("resilience4j-bounded", AsyncBreaker, Bounded, {"max_half_open_ms": 30_000}),
    _breaker("polly-consecutive", AsyncBreaker, PollyConsecutive, {"stale": "count"}),
    _breaker("polly-advanced", AsyncBreaker, PollyAdvanced, TIME | {"judged_on": "failures"}),
    _breaker("purgatory-like", AsyncBreaker, Core, {"cancelled": "failure"}, cancelled_fails=True),
    _breaker("waits-for-the-verdict", WaitingBreaker, Core, {"excess": "wait"}),
    _breaker("gobreaker", ThreadBreaker, Core, {"cancelled": "failure"}, cancelled_fails=True),
    _breaker(
        "gobreaker-max-requests",
        ThreadBreaker,
        GoMaxRequests,
        {"half_open_permits": 3, "half_open_limit": "total", "close_on": "successes", "close_successes": 3},
    ),
    _breaker("pybreaker-like", ThreadBreaker, Core),
    _breaker(
        "pybreaker-two-successes",
        ThreadBreaker,
        TwoSuccesses,
        {"half_open_limit": "concurrent", "close_on": "successes", "close_successes": 2},
    ),
    _breaker("hystrix-rolling", ThreadBreaker, HystrixRolling, TIME),
    _breaker("count-window", ThreadBreaker, Rate, COUNT),
    _breaker("envoy-like", SyncBreaker, Unlimited, {"half_open_limit": "unlimited", "half_open_permits": 0}),
    _breaker("total", SyncBreaker, Total, {"trip_rule": "total"}),
    _breaker(
        "slow-calls",
        SyncBreaker,
        Slow,
        COUNT | {"slow_rate_threshold": 100, "slow_call_ms": 5_000, "close_on": "all_permitted"},
    ),
    _breaker("late-failure-extends", SyncBreaker, Extending, {"late_failure_extends_open": True}),
    _breaker("excluded-succeeds", SyncBreaker, Core, {"excluded": "success"}, excluded_succeeds=True),
)
