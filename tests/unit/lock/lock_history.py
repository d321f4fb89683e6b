"""Handwritten histories of a lock: one method an event or a call."""

from __future__ import annotations

from typing import Self

from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding
from shaketable_patterns.lock.kind import lock

LEASE_MS = 1_000


def profile(**knobs: str | int | bool) -> Profile:
    declared = {
        "lease_ms": LEASE_MS,
        "fencing": "checked",
        "clock": "store",
        "extend": "from_now",
        "tells": True,
    }
    return Profile("small", {**declared, "store_observable": True, **knobs})


class LockHistory:
    """A history under construction; calls are numbered as they begin."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        self._calls = 0
        self._invoked: dict[int, tuple[int, str]] = {}

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Self:
        self.now_ms += ms
        return self

    def begin(self, method: str, holder: str) -> int:
        self._calls += 1
        number = self._calls
        event = self.add("invoke", f"call-{number}", method, {"call": number, "holder": holder})
        self._invoked[number] = event, method
        return number

    def end(self, number: int, result: Json = True, *, error: str = "", rejected: bool = False) -> Self:
        event, method = self._invoked[number]
        value = {"rejected": rejected, "error": error} if error else {"result": result}
        self.add("fail" if error else "ok", f"call-{number}", method, value, event)
        return self

    def call(
        self, method: str, holder: str, result: Json = True, *, error: str = "", rejected: bool = False
    ) -> Self:
        return self.end(self.begin(method, holder), result, error=error, rejected=rejected)

    def disturbed(self, method: str, holder: str, error: str = "TimeoutError") -> Self:
        """Let a call meet a fault and fail."""
        number = self.begin(method, holder)
        self.add("receipt", "store.request", "lose", {"what": "lose", "call": number})
        return self.end(number, error=error)

    def shows(self, owner: str, until_ms: int = 0) -> Self:
        self.add("state", "lock", "store", {"owner": owner, "until_ms": until_ms})
        return self

    def guards(self, writer: str, writes: int) -> Self:
        self.add("state", "lock", "written", {"writer": writer, "writes": writes})
        return self

    def skew(self, holder: str, delta_ms: int) -> Self:
        fault = self.add("fault", holder, "clock_step", {"service": holder, "delta_ms": delta_ms})
        self.add("receipt", holder, "clock_step", {"what": "stepped", "delta_ms": delta_ms}, fault)
        return self

    def crash(self) -> Self:
        self.add("crash", "lock", "crash")
        self.add("restart", "lock", "restart")
        return self

    def findings(self, of: Profile) -> list[Finding]:
        checkers = lock.pattern(of).checkers
        return [f for one in checkers for j in one.check(self.history, of) for f in j.findings]

    def found(self, of: Profile) -> list[str]:
        """Return each finding as `promise anomaly LEVEL`."""
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.findings(of)]

    def exercised(self, of: Profile, promise: str) -> int:
        checkers = lock.pattern(of).checkers
        return sum(
            j.exercised for one in checkers for j in one.check(self.history, of) if j.promise == promise
        )
