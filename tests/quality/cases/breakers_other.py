"""Correct breakers whose semantics lie outside the toy's own state machine: time-outs, fallbacks, ramps, other counts."""

import asyncio

from tests.quality.cases.breakers_correct import R10, T10, Rejected, TimedOut, Toy, subject


class CallTimeout(Toy):
    """Hystrix, Akka: the breaker gives up on a call after 5 s, counts a failure, raises its own error (asyncio)."""

    async def call(self, fn):
        era = self.admit()
        try:
            r = await asyncio.wait_for(fn(), 5)
        except TimeoutError:
            self.done(era, "fail")
            raise TimedOut from None
        except ConnectionError:
            self.done(era, "fail")
            raise
        except ValueError:
            self.done(era, "excluded")
            raise
        except BaseException:
            self.done(era, "cancelled")
            raise
        self.done(era, "ok")
        return r


class RampUp(Toy):
    """Envoy's slow start: in half-open every other call is admitted; two successes close."""

    features = {"permits": 10**9, "closes": 2}

    def admit(self):
        era = super().admit()
        if self.st == "half_open" and self.adm % 2 == 0:
            self.fly -= 1
            raise Rejected
        return era


class Fallback(Toy):
    """Hystrix, circuitbreaker: a fallback value instead of an error when open."""

    def call(self, fn):
        try:
            return super().call(fn)
        except Rejected:
            return "cached"


class Jitter(Toy):
    """Resilience4j, randomized interval: the wait is 10 s .. 12 s (deterministic here: grows with rounds)."""

    def wait(self):
        return 10 + (self.era * 7 % 5) * 0.5


class Wrapped(Toy):
    """Polly, failsafe, Spring: the caller gets the error wrapped in the library's own."""

    def call(self, fn):
        try:
            return super().call(fn)
        except ConnectionError as e:
            raise RuntimeError("upstream") from e


class Interval(Toy):
    """Envoy, Istio, Hystrix: statistics are looked at every 500 ms only: it opens at the next look."""

    due = None

    def done(self, era, how):
        if how == "fail" and self.st == "closed" and self.streak == 2 and era == self.era:
            self.streak = 3
            self.due = (int(self.now() * 2) + 1) / 2
            return
        if self.st == "closed" and self.due is not None and how != "fail":
            self.due = None
        super().done(era, how)

    def admit(self):
        if self.due is not None and self.st == "closed" and self.now() >= self.due:
            self.due = None
            self.to("open")
        return super().admit()

    def tripping(self, failed):
        return False


class SlowCounts(Toy):
    """Hystrix time-outs: a call over 5 s counts as a failure although it succeeded (consecutive rule)."""

    def call(self, fn):
        era, t = self.admit(), self.now()
        try:
            r = fn()
        except ConnectionError:
            self.done(era, "fail")
            raise
        except ValueError:
            self.done(era, "excluded")
            raise
        except BaseException:
            self.done(era, "cancelled")
            raise
        self.done(era, "fail" if self.now() - t >= 5 else "ok")
        return r


class Started(Toy):
    """gobreaker (Counts.Requests): calls are counted when they start, judged on failures only: >= 4 requests, >= 50 % failed."""

    started = failed = 0

    def to(self, st):
        super().to(st)
        self.started = self.failed = 0

    def admit(self):
        era = super().admit()
        self.started += 1
        return era

    def tripping(self, failed):
        self.failed += failed
        return failed and self.started >= 4 and self.failed * 2 >= self.started


class KeepsRecord(Toy):
    """Closing does not clear the rolling statistics (30 s here, wait 10 s); judged on failures only."""

    features = {"rate": 30, "time": 1, "failure_only": 1}

    def to(self, st):
        kept = self.win
        super().to(st) if st != "closed" else None
        if st == "closed":
            self.win = type(self.win)()
            super().to(st)
            self.win = kept


Unlimited = type("Unlimited", (Toy,), {"features": {"permits": 10**9}})
UNLIMITED = {"half_open_limit": "unlimited", "half_open_permits": 0}
OTHERS = {
    "started": (Started, R10 | {"window_size": 1000}),
    "keeps_record": (KeepsRecord, T10),
    "call_timeout": (CallTimeout, {}),
    "ramp_up": (RampUp, UNLIMITED | {"close_on": "successes", "close_successes": 2}),
    "fallback": (Fallback, {}),
    "jitter": (Jitter, {}),
    "wrapped": (Wrapped, {}),
    "interval": (Interval, {}),
    "slow_counts": (SlowCounts, {}),
    "slow_counts_declared": (SlowCounts, {"slow_rate_threshold": 100, "slow_call_ms": 5000}),
    "unlimited": (Unlimited, UNLIMITED),
    "unlimited_documented": (Unlimited, UNLIMITED | {"documented": "half-open-overadmission"}),
}


def other(name, declared=None):
    """Return one of these breakers under its own declaration or another one."""
    kind, knobs = OTHERS[name]
    return subject(name, kind, knobs if declared is None else declared, sync=kind is not CallTimeout)
