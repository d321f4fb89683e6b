"""Handwritten histories of a breaker: one method an event."""

from __future__ import annotations

from shaketable.checker import judge
from shaketable.history import History, Json
from shaketable.profile import Knob, Profile
from shaketable.verdict import Finding, Judgement
from shaketable_patterns.circuit_breaker.checkers import CHECKERS
from shaketable_patterns.circuit_breaker.profile import DOCUMENT

TEXTBOOK: dict[str, Knob] = {
    "trip_rule": "consecutive",
    "failure_threshold": 3,
    "window": "none",
    "wait_ms": 1_000,
    "half_open_permits": 1,
    "half_open_limit": "one",
    "close_on": "first_success",
    "stale": "ignore",
    "excluded": "nothing",
    "cancelled": "nothing",
    "states_observable": True,
    "listeners": True,
}


def textbook(**knobs: Knob) -> Profile:
    return Profile("textbook", TEXTBOOK | knobs)


def document(**knobs: Knob) -> Profile:
    return Profile("document", DOCUMENT.knobs | knobs)


class BreakerHistory:
    """A history under construction; the test numbers the calls."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        self._invoked: dict[int, int] = {}

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> BreakerHistory:
        self.now_ms += ms
        return self

    def says(self, state: str) -> BreakerHistory:
        self.add("state", "breaker", "state", state)
        return self

    def invoke(self, call: int) -> BreakerHistory:
        self._invoked[call] = self.add("invoke", f"call-{call}", "call", {"call": call})
        return self

    def enter(self, call: int) -> BreakerHistory:
        self.add("effect", "upstream", "admitted", {"call": call})
        return self

    def start(self, *calls: int) -> BreakerHistory:
        for call in calls:
            self.invoke(call).enter(call)
        return self

    def reject(self, *calls: int) -> BreakerHistory:
        for call in calls:
            self.invoke(call).answer(call, "fail", {"rejected": True, "error": "Open"})
        return self

    def leave(self, call: int, how: str) -> BreakerHistory:
        self.add("effect", "upstream", "returned", {"call": call, "with": how})
        return self

    def answer(self, call: int, kind: str, value: Json) -> BreakerHistory:
        self.add(kind, f"call-{call}", "call", value, self._invoked[call])
        return self

    def end(self, call: int, how: str = "ok") -> BreakerHistory:
        self.leave(call, how)
        if how == "ok":
            return self.answer(call, "ok", {"result": f"result-{call}"})
        if how == "cancelled":
            return self.answer(call, "info", {"cancelled": True})
        error = "ConnectionError" if how == "fail" else "ValueError"
        return self.answer(call, "fail", {"rejected": False, "error": error})

    def row(self, first: int, count: int, how: str = "ok") -> BreakerHistory:
        for call in range(first, first + count):
            self.start(call).end(call, how)
        return self

    def blocked(self, call: int) -> BreakerHistory:
        self.invoke(call).add("effect", "harness", "blocked", {"call": call})
        return self

    def listener_raises(self) -> BreakerHistory:
        self.add("effect", "breaker", "listener_raised", {})
        return self

    def judged(self, profile: Profile) -> dict[str, Judgement]:
        return {j.promise: j for j in judge(CHECKERS, self.history, profile)}

    def findings(self, profile: Profile) -> list[Finding]:
        judged = self.judged(profile).values()
        assert not [j.unknown for j in judged if j.unknown]
        return [f for j in judged for f in j.findings]

    def found(self, profile: Profile) -> list[str]:
        """Return each finding as `promise anomaly LEVEL`."""
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.findings(profile)]
