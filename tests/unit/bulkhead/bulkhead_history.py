"""Handwritten histories of a bulkhead: one method an event."""

from __future__ import annotations

from shaketable.checker import judge
from shaketable.components.interface import RECOVERY_FIRST
from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement
from shaketable_patterns.bulkhead.rules import CHECKERS


def profile(permits: int = 2, max_wait_ms: int = 0) -> Profile:
    return Profile("small", {"permits": permits, "max_wait_ms": max_wait_ms})


class BulkheadHistory:
    """A history under construction; the test numbers the calls."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        self._invoked: dict[int, int] = {}

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> BulkheadHistory:
        self.now_ms += ms
        return self

    def ask(self, *calls: int) -> BulkheadHistory:
        for call in calls:
            self._invoked[call] = self.add("invoke", f"call-{call}", "call", {"call": call})
        return self

    def enter(self, *calls: int) -> BulkheadHistory:
        for call in calls:
            self.add("effect", "upstream", "admitted", {"call": call})
        return self

    def start(self, *calls: int) -> BulkheadHistory:
        for call in calls:
            self.ask(call).enter(call)
        return self

    def block(self, *calls: int) -> BulkheadHistory:
        for call in calls:
            self.ask(call).add("effect", "harness", "blocked", {"call": call})
        return self

    def leave(self, call: int, how: str = "ok") -> BulkheadHistory:
        self.add("effect", "upstream", "returned", {"call": call, "with": how})
        return self

    def answer(self, call: int, kind: str, value: Json) -> BulkheadHistory:
        self.add(kind, f"call-{call}", "call", value, self._invoked[call])
        return self

    def end(self, *calls: int, how: str = "ok") -> BulkheadHistory:
        for call in calls:
            self.leave(call, how)
            if how == "ok":
                self.answer(call, "ok", {"result": f"result-{call}"})
            elif how == "cancelled":
                self.answer(call, "info", {"cancelled": True})
            else:
                self.answer(call, "fail", {"rejected": False, "error": "ConnectionError"})
        return self

    def refuse(self, *calls: int) -> BulkheadHistory:
        for call in calls:
            self.answer(call, "fail", {"rejected": True, "error": "BulkheadFull"})
        return self

    def reject(self, *calls: int) -> BulkheadHistory:
        for call in calls:
            self.ask(call).refuse(call)
        return self

    def at_point(self, call: int) -> BulkheadHistory:
        self.add("receipt", "store.request", "delay", {"what": "delay", "call": call})
        return self

    def shows(self, free: int, running: int, queued: int = 0) -> BulkheadHistory:
        self.add("state", "bulkhead", "state", {"free": free, "running": running, "queued": queued})
        return self

    def recovers(self, admitted: int, blocked: int = 0) -> BulkheadHistory:
        """Let the recovery make its calls, of which the first so many are let through and the next so many wait."""
        first = RECOVERY_FIRST
        self.start(*range(first, first + admitted))
        self.block(*range(first + admitted, first + admitted + blocked))
        return self

    def judged(self, of: Profile) -> dict[str, Judgement]:
        judged = judge(CHECKERS, self.history, of)
        assert not [j.unknown for j in judged if j.unknown]
        return {j.promise: j for j in judged}

    def findings(self, of: Profile) -> list[Finding]:
        return [f for j in self.judged(of).values() for f in j.findings]

    def found(self, of: Profile) -> list[str]:
        """Return each finding as `promise anomaly LEVEL`."""
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.findings(of)]
