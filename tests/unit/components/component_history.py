"""Handwritten histories of a component with one method: one call of a builder an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from shaketable.checker import Checker, judge
from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement


class ComponentHistory:
    """A history under construction; the test numbers the calls. A kind adds its checkers, its words and its own events."""

    checkers: ClassVar[Sequence[Checker]]
    refusal: ClassVar[str]
    """The error with which it refuses a call."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        self._invoked: dict[int, int] = {}

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Self:
        self.now_ms += ms
        return self

    def ask(self, *calls: int) -> Self:
        for call in calls:
            self._invoked[call] = self.add("invoke", f"call-{call}", "call", {"call": call})
        return self

    def enter(self, *calls: int) -> Self:
        for call in calls:
            self.add("effect", "upstream", "admitted", {"call": call})
        return self

    def start(self, *calls: int) -> Self:
        for call in calls:
            self.ask(call).enter(call)
        return self

    def block(self, *calls: int) -> Self:
        for call in calls:
            self.ask(call).add("effect", "harness", "blocked", {"call": call})
        return self

    def refuse(self, *calls: int) -> Self:
        for call in calls:
            self.answer(call, "fail", {"rejected": True, "error": self.refusal})
        return self

    def reject(self, *calls: int) -> Self:
        for call in calls:
            self.ask(call).refuse(call)
        return self

    def leave(self, call: int, how: str = "ok") -> Self:
        self.add("effect", "upstream", "returned", {"call": call, "with": how})
        return self

    def answer(self, call: int, kind: str, value: Json) -> Self:
        self.add(kind, f"call-{call}", "call", value, self._invoked[call])
        return self

    def end(self, call: int, how: str = "ok") -> Self:
        self.leave(call, how)
        if how == "ok":
            return self.answer(call, "ok", {"result": f"result-{call}"})
        if how == "cancelled":
            return self.answer(call, "info", {"cancelled": True})
        error = "ValueError" if how == "excluded" else "ConnectionError"
        return self.answer(call, "fail", {"rejected": False, "error": error})

    def judged(self, profile: Profile) -> dict[str, Judgement]:
        return {j.promise: j for j in judge(self.checkers, self.history, profile)}

    def findings(self, profile: Profile) -> list[Finding]:
        judged = self.judged(profile).values()
        assert not [j.unknown for j in judged if j.unknown]
        return [f for j in judged for f in j.findings]

    def found(self, profile: Profile) -> list[str]:
        """Return each finding as `promise anomaly LEVEL`."""
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.findings(profile)]
