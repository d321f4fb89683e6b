"""Handwritten histories of an idempotency store: one method an event or a call."""

from __future__ import annotations

from typing import Self

from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding
from shaketable_patterns.idempotency_store.kind import idempotency_store

LEASE_MS, RETENTION_MS = 1_000, 5_000


def profile(**knobs: str | int | bool) -> Profile:
    declared = {"lease_ms": LEASE_MS, "retention_ms": RETENTION_MS, "other_payload": "refused"}
    return Profile("small", {**declared, **knobs})


KEPT = profile()


class StoreHistory:
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

    def begin(self, key: str = "k", payload: str = "p", worker: str = "a") -> int:
        self._calls += 1
        value = {"call": self._calls, "worker": worker, "key": key, "payload": payload}
        self._invoked[self._calls] = self.add("invoke", f"call-{self._calls}", "call", value)
        return self._calls

    def enter(self, number: int) -> Self:
        self.add("effect", "upstream", "admitted", {"call": number})
        return self

    def leave(self, number: int, how: str = "ok") -> Self:
        self.add("effect", "upstream", "returned", {"call": number, "with": how})
        return self

    def end(
        self,
        number: int,
        result: Json = None,
        *,
        error: str = "",
        cancelled: bool = False,
        crashed: bool = False,
    ) -> Self:
        kind: str = "fail" if error else "info" if cancelled or crashed else "ok"
        value: Json = (
            {"rejected": True, "error": error}
            if error
            else {"result": f"result-{number}" if result is None else result}
        )
        if kind == "info":
            value = {"cancelled": True} if cancelled else {"crashed": True}
        self.add(kind, f"call-{number}", "call", value, self._invoked[number])
        return self

    def working(self, key: str = "k", payload: str = "p", worker: str = "a") -> int:
        """Let a call enter its function, and return its number."""
        number = self.begin(key, payload, worker)
        self.enter(number)
        return number

    def executed(self, key: str = "k", payload: str = "p", worker: str = "a", how: str = "ok") -> Self:
        number = self.working(key, payload, worker)
        self.leave(number, how)
        return self.end(number, error="ConnectionError" if how == "fail" else "")

    def answered(self, result: Json, key: str = "k", payload: str = "p", worker: str = "b") -> Self:
        return self.end(self.begin(key, payload, worker), result)

    def refused(
        self, key: str = "k", payload: str = "p", worker: str = "b", error: str = "InProgress"
    ) -> Self:
        return self.end(self.begin(key, payload, worker), error=error)

    def fault(self, number: int, what: str = "lose", timeout_ms: int = 0) -> Self:
        armed = self.add(
            "fault", "records.reply", what, {"fault": what, "timeout_ms": timeout_ms, "call": number, "n": 1}
        )
        self.add("receipt", "records.reply", what, {"what": what, "call": number}, armed)
        return self

    def crash(self) -> Self:
        self.add("crash", "idempotency_store", "crash")
        self.add("restart", "idempotency_store", "restart")
        return self

    def findings(self, of: Profile = KEPT) -> list[Finding]:
        checkers = idempotency_store.pattern(of).checkers
        return [f for one in checkers for j in one.check(self.history, of) for f in j.findings]

    def found(self, of: Profile = KEPT) -> list[str]:
        """Return each finding as `promise anomaly`."""
        return [f"{f.promise} {f.anomaly}" for f in self.findings(of)]

    def exercised(self, promise: str, of: Profile = KEPT) -> int:
        checkers = idempotency_store.pattern(of).checkers
        return sum(
            j.exercised for one in checkers for j in one.check(self.history, of) if j.promise == promise
        )
