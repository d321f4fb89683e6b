"""LK-9 by the rows of a system: handwritten histories of a price list that two workers write, red and green."""

from __future__ import annotations

from typing import Any, Self

from shaketable.history import History
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Rows
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable.verdict import Judgement
from shaketable_patterns.lock.guarded_rows import GUARDED_RULES
from shaketable_patterns.lock.roles import GuardedRows

LEASE_MS = 1_000
KNOBS: dict[str, Any] = {"lock_at_most_for_ms": LEASE_MS}
ROLE = GuardedRows(
    writes=Rows("prices", "price_list", ("name",)),
    of="col.name",
    token="col.token",
    taken=Rows("prices", "locks", ("name",)),
    given="col.token",
)


class List:
    """Tells what was committed; each call is one millisecond later than the one before."""

    def __init__(self) -> None:
        self.history = History()
        self._now_ms = 0

    def add(self, kind: str, process: str, name: str, value: Any) -> Self:
        self._now_ms += 1
        self.history.add(self._now_ms, kind, process, name, value)  # type: ignore[arg-type]
        return self

    def commit(self, by: str, table: str, **row: Any) -> Self:
        return self.add("effect", by, "commit", {"db": "prices", "writes": [["update", table, row]]})

    def writes(self, by: str, token: int, name: str = "main") -> Self:
        return self.commit(by, "price_list", name=name, token=token)

    def takes(self, by: str, token: int) -> Self:
        return self.commit(by, "locks", name="refresh", token=token)

    def stands_still(self, ms: int) -> Self:
        return self.add("fault", "worker-1", "pause", {"fault": "pause", "service": "worker-1", "for_ms": ms})

    def judgement(self, **knobs: Any) -> Judgement:
        claims = judged(Mapping((ROLE,)), GUARDED_RULES)
        (checker,) = claims.checkers
        (found,) = checker.check(self.history, Profile("list", {**KNOBS, **knobs}))
        return found

    def found(self, **knobs: Any) -> list[str]:
        return [f"{f.promise} {f.anomaly} {f.level}" for f in self.judgement(**knobs).findings]


def test_a_write_by_an_older_lease_behind_a_later_ones_is_stale_and_about_its_row() -> None:
    red = List().writes("worker-1", 1).stands_still(2_000).writes("worker-2", 3).writes("worker-1", 2)
    (finding,) = red.judgement().findings
    assert (finding.promise, finding.anomaly, finding.level, finding.about) == (
        "LK-9",
        "stale-write",
        "VIOLATION",
        ("main",),
    )
    assert [red.history[index].process for index in finding.witness] == ["worker-2", "worker-1"]
    assert "worker-1 writes price_list by lease 2 behind the write of worker-2 by lease 3" in finding.message
    assert red.found(fencing="none") == ["LK-9 stale-write LIMIT"]


def test_later_leases_and_other_rows_break_nothing() -> None:
    green = (
        List().stands_still(2_000).writes("worker-1", 1).writes("worker-2", 2).writes("worker-1", 1, "other")
    )
    assert green.found() == []
    assert green.judgement().exercised == 1


def test_what_stood_still_for_less_than_a_lease_says_nothing_of_fencing() -> None:
    assert List().stands_still(500).writes("worker-1", 1).writes("worker-2", 2).judgement().exercised == 0
    calm = List().writes("worker-1", 1).writes("worker-2", 2).stands_still(2_000)
    assert calm.judgement().exercised == 0
    unfenced = List().stands_still(2_000).writes("worker-1", 1).writes("worker-2", 2)
    assert unfenced.judgement(fencing="none").exercised == 0


def test_a_lock_whose_tokens_start_anew_breaks_lk_9() -> None:
    assert List().takes("worker-1", 1).takes("worker-1", 2).takes("worker-2", 3).found() == []
    assert List().takes("worker-1", 1).takes("worker-1", 0).found() == ["LK-9 token-not-monotone VIOLATION"]
