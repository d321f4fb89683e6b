"""A front's history under construction, one request after the other, and what is found in it."""

from __future__ import annotations

from shaketable.checker import judge
from shaketable.history import History, Json
from shaketable_patterns.restaurant_front.profile import HARDENED
from shaketable_patterns.restaurant_front.subjects import hardened

_CHECKERS = hardened().pattern.checkers
_OPS = {"guide": "look", "coupons": "coupon", "stock": "order"}


class Story:
    """What guests ask and are answered, at times that are told; who is outside writes down what comes there."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        self.asked = 0
        self.add("phase", "harness", "safety")

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Story:
        self.now_ms += ms
        return self

    def begins(self, party: str) -> tuple[int, str]:
        """Let a guest ask; return where that stands, and the request's id."""
        self.asked += 1
        request = f"q{self.asked}"
        return self.add("invoke", "client", _OPS[party], {"request": request}), request

    def calls(self, party: str, request: str, status: int = 200) -> Story:
        self.add("effect", party, "call", {"request": request, "name": "x", "status": status})
        return self

    def ends(self, party: str, at: int, why: str = "") -> Story:
        """Answer a guest from outside, or without it for a reason."""
        if party == "stock":
            kind, status = ("fail", 503) if why else ("ok", 201)
        else:
            kind, status = "ok", 200
        source = "default" if why else party
        self.add(kind, "client", _OPS[party], {"status": status, "body": {"source": source, "why": why}}, at)
        return self

    def served(self, party: str, times: int = 1, took_ms: int = 5) -> Story:
        """Let guests ask and be served one after the other."""
        for _ in range(times):
            at, request = self.begins(party)
            self.calls(party, request).wait(took_ms).ends(party, at).wait(20)
            if party == "stock":
                self.mailed(request)
        return self

    def failed(self, party: str, times: int = 1, took_ms: int = 5) -> Story:
        """Let guests ask in vain, one after the other: the outside answers by an error."""
        for _ in range(times):
            at, request = self.begins(party)
            self.calls(party, request, 500).wait(took_ms).ends(party, at, "failed").wait(20)
        return self

    def refused(self, party: str, why: str = "open", times: int = 1, took_ms: int = 2) -> Story:
        """Let guests be answered without a call."""
        for _ in range(times):
            at, _ = self.begins(party)
            self.wait(took_ms).ends(party, at, why).wait(20)
        return self

    def hanging(self, party: str, times: int) -> list[tuple[int, str]]:
        """Let guests ask at one time of whom is too slow; each is to end after the time-out."""
        began = [self.begins(party) for _ in range(times)]
        for _, request in began:
            self.calls(party, request)
        return began

    def times_out(self, party: str, began: list[tuple[int, str]], after_ms: int = 4_010) -> Story:
        self.wait(after_ms)
        for at, _ in began:
            self.ends(party, at, "failed")
        return self

    def mailed(self, request: str, key: str = "") -> Story:
        self.add("effect", "mailer", "mail", {"order": request, "key": key or f"mail-{request}"})
        return self

    def down(self, party: str, for_ms: int, sender: str = "front") -> Story:
        said = {"fault": "partition", "sender": sender, "receiver": party, "for_ms": for_ms}
        at = self.add("fault", sender, "partition", said)
        self.add("receipt", sender, "partition", {}, at)
        return self

    def crash(self) -> Story:
        self.add("crash", "front", "crash")
        self.wait(100).add("restart", "front", "restart")
        return self

    def busy(self) -> Story:
        self.add("phase", "harness", "busy", {"late_ms": 4_000, "waiting": 1.0})
        return self

    def found(self) -> set[tuple[str, str]]:
        """Let all become quiet, and return what is found."""
        self.wait(1_000).add("phase", "harness", "liveness")
        self.add("phase", "harness", "quiet", {"quiet": True})
        judged = judge(_CHECKERS, self.history, HARDENED)
        return {(f.promise, f.anomaly) for judgement in judged for f in judgement.findings}

    def exercised(self, promise: str) -> int:
        """Return how often a promise was put to the test."""
        return next(j.exercised for j in judge(_CHECKERS, self.history, HARDENED) if j.promise == promise)


def opened(party: str = "guide") -> Story:
    """Return a story in which the breaker of a party has just opened, whatever it was before."""
    return Story().failed(party, 13)
