"""Handwritten histories of a token verifier: one method an event or a call."""

from __future__ import annotations

from typing import Any, Self

from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding
from shaketable_patterns.token_verifier.keys.key_pair import key_named
from shaketable_patterns.token_verifier.kind import token_verifier
from shaketable_patterns.token_verifier.mint import Mint
from shaketable_patterns.token_verifier.profile import GATEWAY, knobs_of
from shaketable_patterns.token_verifier.situations.catalogue import VALID

KNOBS = knobs_of(GATEWAY)


def profile(**knobs: str | int) -> Profile:
    return Profile("small", {**GATEWAY.knobs, **knobs})


def claims(key: str = "ES256-a", issued_s: int = 0, life_s: int = 600) -> dict[str, Any]:
    """Return what the issuer signs."""
    return Mint(key_named(key), issued_s, life_s, KNOBS).claims


class VerifierHistory:
    """A history under construction; calls are numbered as they begin."""

    def __init__(self) -> None:
        self.history = History()
        self.now_s = 0
        self._calls = 0

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_s * 1_000, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, seconds: int) -> Self:
        self.now_s += seconds
        return self

    def _begin(self, method: str, **arguments: Json) -> tuple[str, int]:
        self._calls += 1
        process = f"call-{self._calls}"
        return process, self.add("invoke", process, method, {"call": self._calls, **arguments})

    def presents(
        self, made: str = VALID, key: str = "ES256-a", issued_s: int = 0, life_s: int = 600, *, gets: Json = None, error: str = "", rejected: bool = True, fault: str = ""
    ) -> Self:  # fmt: skip
        """Present a token, which gets claims, those that were signed unless others are given, or is refused by an error."""
        process, event = self._begin("verify", made=made, key=key, issued_s=issued_s, life_s=life_s)
        if fault:
            self.add("receipt", "keys.request", fault, {"what": fault, "call": self._calls})
        if error:
            self.add("fail", process, "verify", {"rejected": rejected, "error": error}, event)
        else:
            self.add(
                "ok",
                process,
                "verify",
                {"result": claims(key, issued_s, life_s) if gets is None else gets},
                event,
            )
        return self

    def refused(self, made: str = VALID, key: str = "ES256-a", issued_s: int = 0, life_s: int = 600) -> Self:
        return self.presents(made, key, issued_s, life_s, error="Refused")

    def trusts(self, keys: str, *, error: str = "") -> Self:
        process, event = self._begin("trust", keys=keys)
        kind, value = ("fail", {"rejected": True, "error": error}) if error else ("ok", {"result": None})
        self.add(kind, process, "trust", value, event)
        return self

    def crash(self) -> Self:
        self.add("crash", "token_verifier", "crash")
        self.add("restart", "token_verifier", "restart")
        return self

    def steps_clock(self) -> Self:
        self.add("fault", "token_verifier", "clock_step", {"delta_ms": 10**6})
        return self

    def findings(self, of: Profile = GATEWAY) -> list[Finding]:
        checkers = token_verifier.pattern(of).checkers
        return [f for one in checkers for j in one.check(self.history, of) for f in j.findings]

    def found(self, of: Profile = GATEWAY) -> list[str]:
        """Return each finding as `promise anomaly LEVEL`."""
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.findings(of)]

    def exercised(self, promise: str, of: Profile = GATEWAY) -> int:
        checkers = token_verifier.pattern(of).checkers
        return sum(
            j.exercised for one in checkers for j in one.check(self.history, of) if j.promise == promise
        )
