"""Handwritten histories of a rate limiter: one method a call or a few."""

from __future__ import annotations

from typing import Any, Self

from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement
from shaketable_patterns.rate_limiter.kind import rate_limiter


def profile(**knobs: Any) -> Profile:
    """Return a bucket of 2 that refills one call in 100 ms, with other knobs where they are given."""
    declared = {"algorithm": "token_bucket", "rate": 10, "period_ms": 1_000, "burst": 2, "clock": "monotonic", "store_lost": "none"}  # fmt: skip
    return Profile("small", {**declared, **knobs})


def windows(algorithm: str, **knobs: Any) -> Profile:
    """Return a window, or a log, of 2 calls in 1,000 ms."""
    return profile(algorithm=algorithm, rate=2, burst=0, **knobs)


class LimiterHistory:
    """A history under construction; calls are numbered as they begin."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        self._calls = 0
        self._invoked: dict[int, int] = {}

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Self:
        self.now_ms += ms
        return self

    def begin(self, key: str = "x", worker: str = "a") -> int:
        self._calls += 1
        number = self._calls
        value = {"call": number, "key": key, "worker": worker}
        self._invoked[number] = self.add("invoke", f"call-{number}", "admit", value)
        return number

    def end(self, number: int, kind: str, value: Json) -> Self:
        self.add(kind, f"call-{number}", "admit", value, self._invoked[number])
        return self

    def admit(self, count: int = 1, key: str = "x", worker: str = "a") -> Self:
        for _ in range(count):
            self.end(self.begin(key, worker), "ok", {"result": True})
        return self

    def refuse(self, count: int = 1, key: str = "x", worker: str = "a") -> Self:
        for _ in range(count):
            self.end(self.begin(key, worker), "ok", {"result": False})
        return self

    def lose(self, ends: str, key: str = "x", worker: str = "a") -> Self:
        """Let the store be lost to a call, which is admitted, refused, or ends with the error."""
        number = self.begin(key, worker)
        self.add("receipt", "store.reply", "fail", {"what": "fail", "call": number})
        if ends == "raises":
            return self.end(
                number, "fail", {"rejected": False, "error": "ConnectionError", "at_point": "store.reply"}
            )
        return self.end(number, "ok", {"result": ends == "admits"})

    def set_clock(self, delta_ms: int, whose: str = "component") -> Self:
        fault = self.add("fault", whose, "clock_step", {"service": whose, "delta_ms": delta_ms})
        self.add("receipt", whose, "clock_step", {"what": "stepped", "delta_ms": delta_ms}, fault)
        return self

    def crash(self) -> Self:
        self.add("crash", "rate_limiter", "crash")
        self.add("restart", "rate_limiter", "restart")
        return self

    def judged(self, of: Profile) -> dict[str, Judgement]:
        checkers = rate_limiter.pattern(of).checkers
        return {j.promise: j for one in checkers for j in one.check(self.history, of)}

    def findings(self, of: Profile) -> list[Finding]:
        return [f for j in self.judged(of).values() for f in j.findings]

    def found(self, of: Profile) -> list[str]:
        """Return each finding as `promise anomaly LEVEL`."""
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.findings(of)]
