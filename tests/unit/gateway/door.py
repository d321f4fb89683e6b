"""A foreign gateway, told event by event: a door to a library's desks and its one archive, with other words than ours."""

from __future__ import annotations

from typing import Any

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Call
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable_patterns.gateway.clauses import GATEWAY_RULES
from shaketable_patterns.gateway.roles import Demand, Forwarded, Gateway, Membership, Upstream
from tests.unit.mapping.shop_history import Shop

ROLES = (
    Gateway(part="door", replicas=("door-a", "door-b"), store="valkey"),
    Upstream(prefix="/desks", instances=("east", "west")),
    Upstream(prefix="/desks/old", instances=("cellar",)),
    Demand(
        op="ask",
        of="field.n",
        path="field.path",
        user="field.who",
        good={"field.pass": "real"},
        bad={"field.pass": "forged"},
        once={"field.verb": "lend"},
    ),
    Forwarded(
        seen=Call(partner="diary", route="came", of="field.n"),
        instance="field.desk",
        path="field.path",
        user="field.who",
        via="field.via",
    ),
    Membership(op="roster", instance="field.desk", listed={"field.on": True}),
)
KNOBS: dict[str, Any] = {
    "detect_ms": 500,
    "return_ms": 1_000,
    "lag_ms": 300,
    "prompt_ms": 800,
    "burst": 3,
    "per_s": 1,
}


class Door(Shop):
    """Tells of visitors, of desks that see them, and of what goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def let_pass(self, ms: int) -> None:
        self._now_ms += ms

    def ask(self, path: str = "/desks/a", **more: Any) -> str:
        """Let one ask who is not answered yet; return how it is known."""
        self._asked += 1
        known = str(self._asked)
        value = {"n": known, "path": path, "who": f"v{known}", "pass": "real", "verb": "read", **more}
        self._open = getattr(self, "_open", {}) | {
            known: (self._add("invoke", "client", "ask", value), value)
        }
        return known

    def see(self, known: str, desk: str = "east", **more: Any) -> None:
        _, value = self._open[known]
        said = {"n": known, "desk": desk, "path": value["path"], "who": value["who"], "via": "door-a", **more}
        self.entry("diary", "came", **said)

    def answer(self, known: str, status: int | None = 200) -> None:
        kind = "info" if status is None or status >= 500 else "ok" if status < 300 else "fail"
        result = {"error": "Timeout"} if status is None else {"status": status, "body": None}
        self._add(kind, "client", "ask", result, ref=self._open[known][0])

    def served(self, path: str = "/desks/a", desk: str = "east", *, via: str = "door-a", **more: Any) -> None:
        """Let one ask, a desk see it, and the answer come."""
        known = self.ask(path, **more)
        self.see(known, desk, via=via)
        self.answer(known)

    def refused(self, status: int | None, path: str = "/desks/a", *, after_ms: int = 0, **more: Any) -> None:
        """Let one ask whom no desk sees."""
        known = self.ask(path, **more)
        self.let_pass(after_ms)
        self.answer(known, status)

    def roster(self, desk: str, *, on: bool, kind: str = "ok") -> None:
        self.op("roster", kind, {"status": 200}, desk=desk, on=on)

    def fault(self, name: str, **value: Any) -> None:
        self.lands(self.arm(name, **value), name)

    def arm(self, name: str, **value: Any) -> int:
        return self._add("fault", value.get("service") or value.get("sender") or "", name, value)

    def lands(self, fault: int, name: str) -> None:
        self._add("receipt", "", name, {"what": "it landed"}, ref=fault)

    def loses_power(self, desk: str) -> None:
        self._add("crash", desk, "crash")

    def is_back(self, desk: str) -> None:
        self._add("restart", desk, "restart")


def findings(door: Door, *, roles: tuple[Any, ...] = ROLES, **knobs: Any) -> list[Any]:
    declared = KNOBS | knobs
    found = judged(Mapping(roles, settings=declared), GATEWAY_RULES)
    history = door.quiet()
    return [
        finding
        for checker in found.checkers
        for judgement in checker.check(history, Profile("door", declared))
        for finding in judgement.findings
    ]


def breaches(door: Door, **more: Any) -> list[tuple[str, str]]:
    return sorted({(finding.promise, finding.anomaly) for finding in findings(door, **more)})


def exercised(door: Door, promise: str) -> dict[str, int]:
    """Return how often each clause of a promise could have been broken."""
    found = judged(Mapping(ROLES, settings=KNOBS), GATEWAY_RULES)
    history = door.quiet()
    judgements = [one for checker in found.checkers for one in checker.check(history, Profile("door", KNOBS))]
    return dict(next(one.clauses for one in judgements if one.promise == promise))
