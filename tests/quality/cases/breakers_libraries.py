"""Correct breakers, each after the semantics of a library of another ecosystem, under the knobs that declare it."""

import asyncio
from collections import deque

from shaketable_patterns.circuit_breaker.kind import breaker


class Rejected(Exception):
    pass


class GaveUp(Exception):
    pass


class OnTrip(Exception):
    pass


class Library:
    """Three failures in a row open it, one call after ten seconds decides; a result counts only in its own era."""

    rejections = (Rejected,)
    any_era = False
    probes = 1
    successes = 1

    def __init__(self, clock):
        self.now = clock.now_ms
        self.st, self.era, self.since, self.rounds = "closed", 0, 0, 0
        self.probing = self.good = self.bad = 0
        self.fresh()

    def state(self):
        return self.st

    def fresh(self):
        self.streak = 0

    def trips(self, failed):
        self.streak = self.streak + 1 if failed else 0
        return self.streak >= 3

    def wait(self):
        return 10_000

    def enter(self, st):
        if st == "open":
            self.rounds = self.rounds + 1 if self.st == "half_open" else 0
        self.st, self.since, self.era = st, self.now(), self.era + 1
        self.probing = self.good = self.bad = 0
        if st == "closed":
            self.fresh()

    def over(self):
        self.enter("half_open")

    def admit(self):
        if self.st == "open":
            if self.now() - self.since < self.wait():
                raise Rejected
            self.over()
        if self.st == "half_open":
            if self.probes and self.probing >= self.probes:
                raise Rejected
            self.probing += 1
        return self.era

    def judge(self, failed):
        if failed:
            self.enter("open")
        else:
            self.good += 1
            if self.good >= self.successes:
                self.enter("closed")

    def ended(self, era, how):
        if era == self.era and self.st == "half_open":
            self.probing -= 1
        if how == "nothing" or self.st == "open" or not (era == self.era or self.any_era):
            return
        failed = how == "failed"
        if self.st == "half_open":
            self.judge(failed)
        elif self.trips(failed):
            self.enter("open")

    def call(self, fn):
        era = self.admit()
        try:
            result = fn()
        except ConnectionError:
            self.ended(era, "failed")
            raise
        except BaseException:
            self.ended(era, "nothing")
            raise
        self.ended(era, "ok")
        return result


class Asyncio(Library):
    async def call(self, fn):
        era = self.admit()
        try:
            result = await fn()
        except ConnectionError:
            self.ended(era, "failed")
            raise
        except BaseException:
            self.ended(era, "nothing")
            raise
        self.ended(era, "ok")
        return result


class Semian(Library):
    """Semian: three errors within thirty seconds, whatever succeeds between them; no limit of probes, two successes."""

    any_era, probes, successes = True, 0, 2

    def fresh(self):
        self.errors = deque()

    def trips(self, failed):
        if failed:
            self.errors.append(self.now())
        while self.errors and self.now() - self.errors[0] >= 30_000:
            self.errors.popleft()
        return failed and len(self.errors) >= 3


class Vertx(Asyncio):
    """Vert.x: failures of a rolling window; a timer makes it half-open; of all callers then the first one tries."""

    def fresh(self):
        self.errors = deque()

    trips = Semian.trips

    def enter(self, st):
        super().enter(st)
        if st == "open":
            asyncio.get_running_loop().call_later(10, self.over_after, self.era)

    def over_after(self, era):
        if era == self.era:
            self.enter("half_open")

    def wait(self):
        return 10**9


class Akka(Vertx):
    """Akka: a time-out of each call, a timer, a wait that doubles up to a minute, results count where they arrive."""

    any_era = True

    def fresh(self):
        self.streak = 0

    trips = Library.trips

    def enter(self, st):
        Library.enter(self, st)
        if st == "open":
            wait = min(60, 10 * 2**self.rounds)
            asyncio.get_running_loop().call_later(wait, self.over_after, self.era)

    async def call(self, fn):
        era = self.admit()
        try:
            async with asyncio.timeout(5) as limit:
                result = await fn()
        except TimeoutError:
            if not limit.expired():
                raise
            self.ended(era, "failed")
            raise GaveUp from None
        except ConnectionError:
            self.ended(era, "failed")
            raise
        except BaseException:
            self.ended(era, "nothing")
            raise
        self.ended(era, "ok")
        return result


class SentinelRatio(Library):
    """Sentinel, error ratio: one bucket of fifteen seconds on a grid of its own, more than half from the fourth on."""

    any_era = True

    def fresh(self):
        self.grid, self.total, self.errors = self.now() // 15_000, 0, 0

    def trips(self, failed):
        if self.now() // 15_000 != self.grid:
            self.fresh()
        self.total += 1
        self.errors += failed
        return self.total >= 4 and self.errors * 2 > self.total


class SentinelSlowRatio(Library):
    """Sentinel, slow request ratio: only how long calls take counts, whatever they end with; a cancelled one says nothing."""

    def fresh(self):
        self.took = deque(maxlen=10)

    def call(self, fn):
        era, began = self.admit(), self.now()
        try:
            result = fn()
        except (ConnectionError, ValueError):
            self.timed(era, began)
            raise
        except BaseException:
            self.ended(era, "nothing")
            raise
        self.timed(era, began)
        return result

    def timed(self, era, began):
        self.ended(era, "failed" if self.now() - began >= 5_000 else "ok")

    def trips(self, failed):
        self.took.append(failed)
        return len(self.took) >= 4 and sum(self.took) * 2 >= len(self.took)


class FailsafeDefault(Library):
    """Failsafe without a success threshold: three probes at once, one success closes, three failures open."""

    probes = 3

    def judge(self, failed):
        self.bad += failed
        if not failed:
            self.enter("closed")
        elif self.bad >= 3:
            self.enter("open")


class FailsafeNullResult(Library):
    """Failsafe with handleResult(null): an answer of nothing is a failure, and is handed to the caller."""

    def call(self, fn):
        era = self.admit()
        try:
            result = fn()
        except ConnectionError:
            self.ended(era, "failed")
            raise
        except BaseException:
            self.ended(era, "nothing")
            raise
        self.ended(era, "failed" if result is None else "ok")
        return result


class FinagleBackoff(Library):
    """Finagle: the time marked dead doubles up to forty seconds, with up to two seconds of jitter on top."""

    def wait(self):
        return min(40_000, 10_000 * 2**self.rounds) + self.era * 7 % 5 * 500


class FinagleSuccessRate(Library):
    """Finagle, success rate: a moving average that forgets exponentially; below a half it is marked dead."""

    def fresh(self):
        self.average = 1.0

    def trips(self, failed):
        self.average = 0.75 * self.average + (0.0 if failed else 0.25)
        return self.average < 0.5


class Fuse(Library):
    """Erlang's fuse: more than two melts within thirty seconds blow it; after the wait it is whole again."""

    fresh = Semian.fresh

    def trips(self, failed):
        Semian.trips(self, failed)
        return failed and len(self.errors) > 2

    def over(self):
        self.enter("closed")


class EnvoyEjections(Library):
    """Envoy's outlier detection: ejected for ten seconds times the ejections so far; time without one takes one away."""

    ejections = 0
    returned = 0

    def wait(self):
        return 10_000 * self.ejections

    def enter(self, st):
        if st == "open":
            healthy = (self.now() - self.returned) // 60_000
            self.ejections = max(0, self.ejections - healthy) + 1
        else:
            self.returned = self.now()
        super().enter(st)

    over = Fuse.over


class Cockatiel(Asyncio):
    """Cockatiel, sampling: over half of thirty seconds, from four on; while one call tries, others wait for its verdict."""

    verdict = None

    def fresh(self):
        self.window = deque()

    def trips(self, failed):
        now = self.now()
        self.window.append((now, failed))
        while now - self.window[0][0] >= 30_000:
            self.window.popleft()
        return failed and len(self.window) >= 4 and sum(w[1] for w in self.window) * 2 > len(self.window)

    async def call(self, fn):
        while self.st == "half_open" and self.probing:
            waited = self.verdict
            await waited.wait()
        if self.st != "closed":
            self.verdict = asyncio.Event()
        verdict = self.verdict
        try:
            return await super().call(fn)
        finally:
            if verdict and not self.probing:
                verdict.set()


class Ganesha(Library):
    """Ganesha, count: each success takes one failure away, so failures must outweigh successes by three."""

    def trips(self, failed):
        self.streak = self.streak + 1 if failed else max(0, self.streak - 1)
        return self.streak >= 3


class NewErrorOnTrip(Library):
    """pybreaker: the call that opens it gets an error of the library's, made from the failure; others get their own."""

    def call(self, fn):
        try:
            return super().call(fn)
        except ConnectionError as failure:
            if self.st == "open" and self.since == self.now():
                raise OnTrip("threshold reached, opened") from failure
            raise


BASE = {
    "trip_rule": "consecutive",
    "failure_threshold": 3,
    "window": "none",
    "wait_ms": 10_000,
    "half_open_permits": 1,
    "half_open_limit": "one",
    "close_on": "first_success",
    "stale": "ignore",
    "excluded": "nothing",
    "cancelled": "nothing",
    "states_observable": True,
}
UNLIMITED = {"half_open_limit": "unlimited", "half_open_permits": 0}
TOTAL = {"trip_rule": "total", "window": "time", "window_ms": 30_000}
RATE = {"trip_rule": "rate", "failure_threshold": 50, "minimum_calls": 4}
CASES = {
    "semian": (Semian, TOTAL | UNLIMITED | {"close_on": "successes", "close_successes": 2, "stale": "count"}),
    "vertx": (Vertx, TOTAL | {"leaves_open": "automatic"}),
    "akka": (
        Akka,
        {"leaves_open": "automatic", "call_timeout_ms": 5_000, "stale": "count"}
        | {"wait_factor_percent": 200, "wait_max_ms": 60_000},
    ),
    "sentinel_ratio": (
        SentinelRatio,
        RATE | {"compare": ">", "window": "tumbling", "window_ms": 15_000, "stale": "count"},
    ),
    "sentinel_slow_ratio": (
        SentinelSlowRatio,
        RATE
        | {"window": "count", "window_size": 10, "slow_calls": "failure", "slow_call_ms": 5_000}
        | {"excluded": "success"},
    ),
    "failsafe_default": (
        FailsafeDefault,
        {"half_open_limit": "concurrent", "half_open_permits": 3, "half_open_failures": 3},
    ),
    "failsafe_null_result": (FailsafeNullResult, {}),
    "finagle_backoff": (
        FinagleBackoff,
        {"wait_factor_percent": 200, "wait_max_ms": 40_000, "wait_jitter_ms": 2_000},
    ),
    "finagle_success_rate": (FinagleSuccessRate, RATE | {"window": "count", "window_size": 4}),
    "fuse": (Fuse, TOTAL | UNLIMITED | {"failure_threshold": 2, "compare": ">", "after_wait": "closed"}),
    "envoy_ejections": (EnvoyEjections, UNLIMITED | {"after_wait": "closed", "wait_step_ms": 10_000}),
    "cockatiel": (
        Cockatiel,
        RATE
        | {"compare": ">", "window": "time", "window_ms": 30_000, "judged_on": "failures", "excess": "wait"},
    ),
    "ganesha": (Ganesha, {}),
    "new_error_on_trip": (NewErrorOnTrip, {}),
}
DECLARED = {
    "sentinel_ratio": {"window_aligned": True},
    "sentinel_slow_ratio": {"slow_calls": "only"},
    "failsafe_null_result": {"none_results": "failure"},
    "finagle_success_rate": {"trip_rule": "average", "average_weight_percent": 25, "compare": ">"}
    | {"window": "none", "window_size": 0, "minimum_calls": 1},
    "envoy_ejections": {"wait_decay_ms": 60_000},
    "ganesha": {"trip_rule": "balance"},
    "new_error_on_trip": {"errors": "wrapped_on_trip"},
}
"""The knobs that make the declarations right which are not."""


def library(name, declared=None):
    """Return one of these breakers under its own declaration, or with more declared."""
    kind, knobs = CASES[name]
    return breaker(
        "library-" + name.replace("_", "-"),
        kind,
        profile=BASE | knobs | (declared or {}),
        sync=not issubclass(kind, Asyncio),
        time="injected",
        carrier="threads" if issubclass(kind, Asyncio) else "greenlets",
    )
