"""Handwritten histories of a retry: one method an attempt or its end."""

from __future__ import annotations

from typing import Any, Self

from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement
from shaketable_patterns.retry.attempts import RESULTS
from shaketable_patterns.retry.kind import retry

_ERRORS = {
    "fail": "ConnectionError",
    "lost": "TimeoutError",
    "excluded": "ValueError",
    "fail_falsy": "FalsyFailure",
    "abort": "Aborted",
}


def profile(**knobs: Any) -> Profile:
    """Return three attempts within a second, with 100 ms and 200 ms between them, or other knobs where they are given."""
    declared = {"attempts": 3, "wait_ms": 100, "factor": 2, "jitter": "none", "budget_ms": 1_000, "repeats": "idempotent_only"}  # fmt: skip
    return Profile("small", {**declared, **knobs})


class RetryHistory:
    """A history under construction, of one call; `end` ends it as its last attempt ended, unless something else is said."""

    def __init__(self, *, idempotent: bool = True) -> None:
        self.history = History()
        self.now_ms = 0
        self._invoked = self.add("invoke", "call-1", "call", {"call": 1, "idempotent": idempotent})
        self._ending = ""

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Self:
        self.now_ms += ms
        return self

    def attempt(self, ending: str, *, lasts_ms: int = 0) -> Self:
        self.add("effect", "upstream", "admitted", {"call": 1})
        self.wait(lasts_ms).add("effect", "upstream", "returned", {"call": 1, "with": ending})
        self._ending = ending
        return self

    def end(self) -> Self:
        if self._ending in _ERRORS:
            return self.raises(_ERRORS[self._ending])
        if self._ending == "cancelled":
            return self._answer("info", {"cancelled": True})
        return self.returns(RESULTS.get(self._ending, "result-1"))

    def raises(self, error: str, instead_of: str = "") -> Self:
        value = {"rejected": False, "error": error}
        return self._answer("fail", value | ({"instead_of": instead_of} if instead_of else {}))

    def returns(self, result: Json) -> Self:
        return self._answer("ok", {"result": result})

    def hang(self) -> Self:
        return self._answer("info", {"blocked": True})

    def _answer(self, kind: str, value: Json) -> Self:
        self.add(kind, "call-1", "call", value, self._invoked)
        return self

    def set_clock(self, delta_ms: int) -> Self:
        fault = self.add("fault", "component", "clock_step", {"delta_ms": delta_ms})
        self.add("receipt", "component", "clock_step", {"what": "stepped", "delta_ms": delta_ms}, fault)
        return self

    def judged(self, of: Profile) -> dict[str, Judgement]:
        return {j.promise: j for one in retry.pattern(of).checkers for j in one.check(self.history, of)}

    def findings(self, of: Profile) -> list[Finding]:
        return [f for j in self.judged(of).values() for f in j.findings]

    def found(self, of: Profile) -> list[str]:
        """Return each finding as `promise anomaly LEVEL`."""
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.findings(of)]
