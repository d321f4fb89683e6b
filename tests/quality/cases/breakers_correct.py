"""Correct breakers with semantics of real libraries. Each keeps its eras apart, on one thread without locks."""

from collections import deque

from shaketable_patterns.circuit_breaker.kind import breaker


class Rejected(Exception):
    pass


class TimedOut(Exception):
    pass


class Toy:
    rejections = (Rejected,)
    features = {}  # features

    def __init__(self, clock):
        self.now = lambda: clock.now_ms() / 1000
        self.st, self.era, self.since = "closed", 0, 0.0
        self.rounds = 0
        self.win = deque()
        self.streak = self.adm = self.fly = self.okn = self.failn = 0
        self.probe_at = 0.0
        self.epoch = 0.0

    def state(self):
        return self.st

    def to(self, st):
        if st == "open":
            self.rounds = self.rounds + 1 if self.st == "half_open" else 0
        if st == "closed":
            self.rounds = 0
            self.win.clear()
            self.streak = 0
            self.epoch = self.now()
        self.st, self.since = st, self.now()
        self.era += 1
        self.adm = self.fly = self.okn = self.failn = 0

    def wait(self):
        return 10 * (2 ** min(self.rounds, 5)) if self.features.get("backoff") else 10

    def admit(self):
        features, now = self.features, self.now()
        if self.st == "open":
            if now - self.since < self.wait():
                raise Rejected
            self.to("closed" if features.get("no_half_open") else "half_open")
            self.probe_at = now - 1000
        if self.st == "half_open":
            if features.get(
                "renew"
            ):  # Polly, Hystrix: one probe per break duration, even if the former still hangs
                if now - self.probe_at < 10:
                    raise Rejected
                self.probe_at = now
            elif features.get("both"):  # at most 3 in all, at most 1 in flight
                if self.adm >= 3 or self.fly >= 1:
                    raise Rejected
            elif self.adm >= features.get("permits", 1):
                raise Rejected
            self.adm += 1
            self.fly += 1
        return self.era

    def grain(self, t):
        g = self.features.get("grain")
        return t // g * g if g else t

    def tripping(self, failed):
        features, now = self.features, self.now()
        if features.get("tumbling"):
            if now - self.epoch >= 30:
                self.streak = int(failed)
                self.epoch = now
            return self.streak >= 3
        if features.get("rate"):
            size = features["rate"]
            if features.get("time"):
                cut = (
                    self.grain(now) - size + (features.get("grain") or 0)
                    if features.get("grain")
                    else now - size
                )
                while self.win and self.win[0][0] < cut:
                    self.win.popleft()
            else:
                while len(self.win) > size:
                    self.win.popleft()
            n, f = len(self.win), sum(w[1] for w in self.win)
            if features.get("failure_only") and not failed:
                return False
            return n >= 4 and f * 2 >= n
        return self.streak >= 3

    def done(self, era, how):
        if era != self.era:
            return
        features = self.features
        if how == "excluded" and features.get("no_exclusion"):
            how = "fail"
        if how in ("excluded", "cancelled"):
            if self.st == "half_open":
                self.adm -= 1
                self.fly -= 1
                self.probe_at = -1e9
            return
        failed = how == "fail"
        if self.st == "closed":
            self.streak = self.streak + 1 if failed else 0
            self.win.append((self.grain(self.now()), failed))
            if self.tripping(failed):
                self.to("open")
        elif self.st == "half_open":
            self.fly -= 1
            self.okn += not failed
            self.failn += failed
            if features.get("ratio"):  # failsafe-go: 2 successes of 3 close, 2 failures of 3 open
                if self.okn >= 2:
                    self.to("closed")
                elif self.failn >= 2:
                    self.to("open")
            elif features.get(
                "tolerant"
            ):  # closes after 2 successes in a row; single failure is forgiven up to 2
                if self.okn >= 2:
                    self.to("closed")
                elif self.failn >= 3:
                    self.to("open")
            elif failed:
                self.to("open")
            elif self.okn >= features.get("closes", 1):
                self.to("closed")

    def call(self, fn):
        era = self.admit()
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
        self.done(era, "ok")
        return r


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
R10 = {"trip_rule": "rate", "failure_threshold": 50, "window": "count", "window_size": 10, "minimum_calls": 4}
T10 = {
    "trip_rule": "rate",
    "failure_threshold": 50,
    "window": "time",
    "window_ms": 30_000,
    "minimum_calls": 4,
}
VARIANTS = {
    "plain": ({}, {}),
    "rate_count": ({"rate": 10}, R10),
    "rate_time": ({"rate": 30, "time": 1}, T10),
    "failure_only_count": ({"rate": 10, "failure_only": 1}, R10),
    "failure_only_time": ({"rate": 30, "time": 1, "failure_only": 1}, T10),
    "grain3": ({"rate": 30, "time": 1, "grain": 3}, T10),
    "grain1": ({"rate": 30, "time": 1, "grain": 1}, T10),  # Resilience4j, Hystrix
    "backoff": ({"backoff": 1}, {}),  # exponential open wait
    "no_half_open": ({"no_half_open": 1}, {"half_open_limit": "unlimited", "half_open_permits": 0}),
    "no_half_open_b": ({"no_half_open": 1}, {}),
    "no_exclusion": ({"no_exclusion": 1}, {}),  # every exception counts
    "renew": ({"renew": 1}, {}),  # Polly, Hystrix: a hanging probe is replaced after the wait
    "renew_max": ({"renew": 1}, {"max_half_open_ms": 10_000}),
    "renew_unlimited": ({"renew": 1}, {"half_open_limit": "unlimited", "half_open_permits": 0}),
    "both": (
        {"both": 1, "closes": 3},
        {"half_open_permits": 3, "half_open_limit": "total", "close_on": "successes", "close_successes": 3},
    ),
    "both_one": (
        {"both": 1, "closes": 3},
        {"half_open_permits": 3, "half_open_limit": "one", "close_on": "successes", "close_successes": 3},
    ),
    "ratio": (
        {"ratio": 1, "permits": 3},
        {"half_open_permits": 3, "half_open_limit": "total", "close_on": "successes", "close_successes": 2},
    ),
    "tumbling": ({"tumbling": 1}, {"window": "time", "window_ms": 30_000}),  # gobreaker Interval
    "tumbling_none": ({"tumbling": 1}, {}),
}


def subject(name, kind, declared, *, sync=True):
    """Return the breaker under the profile that is declared for it."""
    return breaker(
        "toy-" + name.replace("_", "-"),
        kind,
        profile=BASE | declared,
        sync=sync,
        time="injected",
        carrier="greenlets",
    )


def variant(name, declared=None):
    """Return a variant of the toy under its own declaration or another one."""
    features, knobs = VARIANTS[name]
    kind = type(name, (Toy,), {"features": features})
    return subject(name, kind, knobs if declared is None else declared)
