"""A foreign read model, told event by event: sales of a till, and statistics of them, with other tables, topics and words than ours."""

from __future__ import annotations

import msgspec

from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Record, Rows
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable_patterns.projection.clauses import PROJECTION_RULES
from shaketable_patterns.projection.roles import (
    Counted,
    Poison,
    Position,
    Projection,
    Question,
    Rebuild,
    Total,
)
from tests.unit.mapping.shop_history import Shop

DAY_MS = 86_400_000
NOW_MS = 100 * DAY_MS
TOPIC = "sale.changed"
SALES = Rows("till", "sale", ("no",))
CARDS = Projection(
    name="cards",
    source=SALES,
    of="col.no",
    view=Rows("stats", "card", ("gen", "no")),
    view_of="col.no",
    same={"col.buyer": "col.buyer", "col.state": "col.state"},
    scope="col.gen",
    record=Record((TOPIC,), of="body.no", where={"body.rev": "@set"}),
    record_version="body.rev",
    version="col.rev",
)
SPENT = Total(
    name="spent",
    counts=(Counted(SALES, "col.buyer", "col.cents", where={"col.state": "sold"}, when="col.sold_ms"),),
    view=Rows("stats", "spend", ("gen", "buyer", "day")),
    view_of="col.buyer",
    amount="col.cents",
    scope="col.gen",
)
WALLET = Total(name="wallet", counts=(Counted(Rows("till", "wallet", ("buyer",)), "col.buyer", "col.cents"),))
WEEK = Question(
    op="spent",
    of="field.buyer",
    total="spent",
    says="answer.cents",
    window_ms=7 * DAY_MS,
    as_of="answer.now_ms",
)
LEFT = Question(op="left", of="field.buyer", total="wallet", says="answer.cents", strong=True)
CURSOR = Position(
    rows=Rows("stats", "cursor", ("gen", "topic", "part")),
    topic="col.topic",
    partition="col.part",
    next="col.upto",
    scope="col.gen",
)
AGAIN = Rebuild(
    op="again",
    rows=Rows("stats", "gen", ("nr",)),
    scope="col.nr",
    live={"col.state": "live"},
    building={"col.state": "growing"},
)
ODD = Poison(
    record=Record((TOPIC,), of="body.no", id="body.msg", where={"body.rev": "@null"}),
    letters=(
        Letter(Becomes(Rows("stats", "oddity", ("msg",)), of="col.msg"), about="col.msg", cause="col.why"),
    ),
)
ROLES = (CARDS, SPENT, WALLET, WEEK, LEFT, CURSOR, AGAIN, ODD)


class Till(Shop):
    """Tells of sales; ben has 500 cents in his wallet, and generation 1 is live."""

    def __init__(self) -> None:
        super().__init__()
        self.rows("till", "wallet", {"buyer": "ben", "cents": 500})
        self.rows("stats", "gen", {"nr": 1, "state": "live"})
        self.seen: set[tuple[object, ...]] = set()
        self.spends: dict[tuple[int, str, int], int] = {}

    def rows(self, db, table, *rows):
        self._add("state", db, "rows", {"db": db, "table": table, "rows": list(rows)})

    def let_pass(self, ms):
        self._now_ms += ms

    def row(self, table, *key, **columns):
        """Return a write of one row: an insert the first time, then an update."""
        known = (table, *key) in self.seen
        self.seen.add((table, *key))
        return ("update" if known else "insert", table, columns)

    def sale(self, no=1, cents=90, state="sold", rev=1, days=0, buyer="ben", publish=True):
        row = self.row(
            "sale", no, no=no, buyer=buyer, cents=cents, state=state, sold_ms=NOW_MS - days * DAY_MS
        )
        self.commit(row, db="till", by="till")
        if publish:
            self.publish(no, rev)

    def publish(self, no=1, rev: int | None = 1, **more):
        self.append(TOPIC, {"no": no, "rev": rev, "msg": f"{no}/{rev}", **more})

    def card(self, no=1, state="sold", rev=1, buyer="ben", gen=1):
        return self.row("card", gen, no, gen=gen, no=no, buyer=buyer, state=state, rev=rev)

    def spend(self, cents, gen=1, day=100, buyer="ben"):
        at = (gen, buyer, day)
        self.spends[at] = self.spends.get(at, 0) + cents
        return self.row("spend", *at, gen=gen, buyer=buyer, day=day, cents=self.spends[at])

    def upto(self, upto, gen=1):
        return self.row("cursor", gen, gen=gen, topic=TOPIC, part=0, upto=upto)

    def apply(self, *writes, by="stats-1"):
        self.commit(*writes, db="stats", by=by)

    def gen(self, nr, state):
        return (
            self.row("gen", nr, nr=nr, state=state)
            if nr > 1
            else ("update", "gen", {"nr": nr, "state": state})
        )

    def sold_and_shown(self, no=1, cents=90, days=0, gen=1):
        self.sale(no, cents, days=days)
        self.apply(self.card(no, gen=gen), self.spend(cents, gen, 100 - days), self.upto(no, gen))

    def ask(self, cents, buyer="ben"):
        self.op("spent", result={"cents": cents, "now_ms": NOW_MS + self._now_ms}, buyer=buyer)

    def left(self, cents, buyer="ben"):
        self.op("left", result={"cents": cents}, buyer=buyer)


def findings(till, *, roles=ROLES, quiet=True, **knobs):
    declared = {"staleness_ms": 1_000, "window_grain_ms": DAY_MS, "poison_policy": "park"} | knobs
    found = judged(Mapping(roles, settings=declared), PROJECTION_RULES)
    history = till.quiet(quiet)
    return [
        finding
        for checker in found.checkers
        for judgement in checker.check(history, Profile("till", declared))
        for finding in judgement.findings
    ]


def breaches(till, **more):
    return sorted({(finding.promise, finding.anomaly) for finding in findings(till, **more)})


def without(role, **fields):
    """Return the roles with one of them changed."""
    return tuple(msgspec.structs.replace(one, **fields) if one is role else one for one in ROLES)
