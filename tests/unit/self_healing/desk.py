"""A foreign help desk, told event by event: tickets in a line, with other tables, keys and words than ours."""

from __future__ import annotations

import json
from typing import Any

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Rows
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable_patterns.self_healing.clauses import SELF_HEALING_RULES
from shaketable_patterns.self_healing.roles import (
    Copy,
    Invalidation,
    Listing,
    Lookup,
    Queue,
    Seating,
    Standing,
)
from tests.unit.mapping.shop_history import Shop

TICKETS = Rows("desk", "ticket", ("no",))
LINE = Queue(
    rows=TICKETS,
    of="col.no",
    active={"col.state": ["open", "reopened"]},
    order="col.seq",
    tie="col.no",
    key="='line'",
    member="T-{col.no}",
    store="valkey",
    part="desk",
)
SAME = {"col.state": "body.s", "col.topic": "body.t"}
TOLD = {"col.state": "answer.s", "col.topic": "answer.t"}
ROLES = (
    LINE,
    Listing(op="line", says="answer.line"),
    Standing(op="ahead", of="field.no", says="answer.ahead", first=0),
    Seating(op="take", of="answer.no", key="field.click"),
    Copy(rows=TICKETS, of="col.no", key="t/{col.no}", same=SAME),
    Lookup(op="read", of="field.no", same=TOLD),
    Invalidation(op="write", of="field.no", where={"answer.gone": True}),
)
KNOBS: dict[str, Any] = {
    "heal_ms": 1_000,
    "grace_ms": 100,
    "lag_ms": 200,
    "order_grain_ms": 0,
    "staleness_ms": 500,
    "fill": "guarded",
    "io_timeout_ms": 400,
}


class Desk(Shop):
    """Tells of tickets, of the store and of what goes wrong."""

    def let_pass(self, ms):
        self._now_ms += ms

    def ticket(self, no, state="open", topic="disk", seq=None):
        known = self.__dict__.setdefault("known", set())
        verb = "update" if no in known else "insert"
        known.add(no)
        row = {"no": no, "state": state, "topic": topic, "seq": int(no) if seq is None else seq}
        self.commit((verb, "ticket", row), db="desk", by="desk-1")

    def store(self, op, key="line", value=None):
        self._add("effect", "desk-1", "cache", {"op": op, "key": key, "value": value})

    def add(self, no, score=None):
        self.store("ZADD", value=[f"T-{no}", int(no) if score is None else score])

    def remove(self, no):
        self.store("ZREM", value=f"T-{no}")

    def opened(self, *numbers):
        """Open tickets, each in the line at once."""
        for no in numbers:
            self.ticket(no)
            self.add(no)

    def fault(self, name, **value):
        fault = self._add("fault", value.get("service") or value.get("sender") or "", name, value)
        return self._add("receipt", "", name, {"what": "it landed"}, ref=fault)

    def lose(self):
        self.fault("cache_loss", service="valkey")

    def evict(self, *keys, store="valkey"):
        fault = self._add("fault", store, "key_eviction", {"service": store, "shares": 3, "share": 1})
        what = {"what": f"{store} evicted some of its keys", "keys": list(keys)}
        return self._add("receipt", store, "key_eviction", what, ref=fault)

    def away(self, ms):
        """Cut the power of the store for a while."""
        self._add("crash", "valkey", "crash")
        self.fault("crash", service="valkey", down_ms=ms)

    def back(self):
        self._add("restart", "valkey", "restart")

    def line(self, *numbers, **more):
        self.op("line", result={"line": list(numbers)}, **more)

    def copy(self, no, state="open", topic="disk"):
        self.store("SET", f"t/{no}", json.dumps({"s": state, "t": topic}))

    def read(self, no, state="open", topic="disk"):
        self.op("read", result={"s": state, "t": topic}, no=no)

    def write(self, no, gone=True, **row):
        """Change a ticket while a client waits for the answer."""
        invoked = self._add("invoke", "client", "write", {"no": no})
        self.ticket(no, **row)
        self._add("ok", "client", "write", {"gone": gone}, ref=invoked)


def findings(desk, *, roles=ROLES, quiet=True, **knobs):
    declared = KNOBS | knobs
    found = judged(Mapping(roles, settings=declared), SELF_HEALING_RULES)
    history = desk.quiet(quiet)
    return [
        finding
        for checker in found.checkers
        for judgement in checker.check(history, Profile("desk", declared))
        for finding in judgement.findings
    ]


def breaches(desk, **more):
    return sorted({(finding.promise, finding.anomaly) for finding in findings(desk, **more)})
