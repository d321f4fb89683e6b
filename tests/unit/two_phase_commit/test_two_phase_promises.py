"""TP-1 to TP-3 on handwritten histories: each anomaly red, and what a correct system may do green."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shaketable.checker import Checker, judge
from shaketable.history import History, Json
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Rows
from shaketable.mapping.rules_under_mapping import judged
from shaketable.verdict import Finding
from shaketable_patterns.order_two_phase.mapping import mapping
from shaketable_patterns.order_two_phase.profile import HARDENED, LOCK_MS_MAX, RESOLVE_MS, profile
from shaketable_patterns.order_two_phase.subjects import hardened
from shaketable_patterns.two_phase_commit.clauses import TWO_PHASE_RULES
from shaketable_patterns.two_phase_commit.roles import Branch, Decision

_TABLES = {"payment": "charges", "inventory": "reservations", "courier": "pickups"}


class Story:
    """A history under construction."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        self.add("phase", "harness", "safety")

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Story:
        self.now_ms += ms
        return self

    def log(self, status: str, order: str = "o1") -> Story:
        row = {"id": order, "status": status}
        self.add("effect", "order", "commit", {"db": "order", "writes": [["update", "orders", row]]})
        return self

    def prepare(self, branch: str, order: str = "o1") -> Story:
        value = {"db": branch, "name": f"{branch}/{order}", "writes": self._writes(branch, order)}
        self.add("effect", branch, "prepare_transaction", value)
        return self

    def commit(self, branch: str, order: str = "o1") -> Story:
        value = {"db": branch, "prepared": f"{branch}/{order}", "writes": self._writes(branch, order)}
        self.add("effect", branch, "commit", value)
        return self

    def roll_back(self, branch: str, order: str = "o1") -> Story:
        self.add("effect", branch, "rollback_prepared", {"db": branch, "name": f"{branch}/{order}"})
        return self

    def crash(self, down_ms: int) -> Story:
        fault = self.add("fault", "harness", "crash", {"service": "order", "down_ms": down_ms})
        self.add("receipt", "order", "crash", {"down_ms": down_ms}, fault)
        return self

    def ends(self, **knobs: str | int) -> dict[tuple[str, str], Finding]:
        """Let all become quiet, and return what is found."""
        self.add("phase", "harness", "liveness")
        self.add("phase", "harness", "quiet", {"quiet": True})
        return self.found(hardened().pattern.checkers, **knobs)

    def ends_with_a_courier(self, *optional: str) -> set[tuple[str, str]]:
        """Do the same with a third branch; those that are named are optional."""
        self.add("phase", "harness", "liveness")
        self.add("phase", "harness", "quiet", {"quiet": True})
        shipped = mapping(HARDENED)
        branches = [
            Branch(
                name=name,
                does=Becomes(Rows(name, table, ("order",)), of="col.order"),
                prepared_as=f"{name}/{{}}",
                optional=name in optional,
            )
            for name, table in _TABLES.items()
        ]
        roles = Mapping((*branches, *shipped.of(Decision)), settings=shipped.settings)
        return set(self.found(judged(roles, TWO_PHASE_RULES).checkers))

    def found(self, checkers: Sequence[Checker], **knobs: str | int) -> dict[tuple[str, str], Finding]:
        judgements = judge(checkers, self.history, profile("small", **knobs))
        return {(f.promise, f.anomaly): f for judgement in judgements for f in judgement.findings}

    @staticmethod
    def _writes(branch: str, order: str) -> Json:
        return [["insert", _TABLES[branch], {"order": order}]]


def both_prepared() -> Story:
    return Story().prepare("payment").wait(10).prepare("inventory").wait(10)


def test_both_commit_once_the_log_says_so():
    assert both_prepared().log("CONFIRMED").commit("payment").commit("inventory").ends() == {}


def test_both_roll_back_once_the_log_says_so():
    assert both_prepared().log("CANCELLED").roll_back("payment").roll_back("inventory").ends() == {}


def test_a_branch_that_never_prepared_needs_no_rollback():
    assert Story().prepare("payment").log("CANCELLED").roll_back("payment").ends() == {}


def test_what_the_log_never_decided_is_rolled_back():
    assert both_prepared().roll_back("payment").roll_back("inventory").ends() == {}


def test_one_committed_and_one_rolled_back():
    found = both_prepared().log("CONFIRMED").commit("payment").roll_back("inventory").ends()
    assert ("TP-1", "partly-committed") in found
    assert ("TP-3", "against-the-log") in found


def test_one_committed_and_one_that_never_prepared():
    story = Story().prepare("payment").log("CONFIRMED").commit("payment")
    assert set(story.ends()) == {("TP-1", "partly-committed")}


def test_a_log_that_says_commit_of_what_was_rolled_back_everywhere():
    found = both_prepared().roll_back("payment").roll_back("inventory").log("CONFIRMED").ends()
    assert ("TP-1", "log-differs") in found


def test_a_branch_that_commits_ahead_of_the_log():
    found = both_prepared().commit("payment").log("CONFIRMED").commit("inventory").ends()
    assert set(found) == {("TP-3", "before-the-log")}


def test_a_branch_that_commits_what_the_log_rolls_back():
    found = both_prepared().log("CANCELLED").commit("payment").commit("inventory").ends()
    assert set(found) == {("TP-1", "log-differs"), ("TP-3", "against-the-log")}


def all_prepared() -> Story:
    return both_prepared().prepare("courier").wait(10)


def test_an_optional_branch_is_missed_only_where_it_took_part():
    without = both_prepared().log("CONFIRMED").commit("payment").commit("inventory")
    assert without.ends_with_a_courier("courier") == set()
    refused = all_prepared().log("CONFIRMED").commit("payment").commit("inventory").roll_back("courier")
    assert refused.ends_with_a_courier("courier") == {
        ("TP-1", "partly-committed"),
        ("TP-3", "against-the-log"),
    }


def test_a_branch_that_is_not_optional_is_missed():
    without = both_prepared().log("CONFIRMED").commit("payment").commit("inventory")
    assert without.ends_with_a_courier() == {("TP-1", "partly-committed")}


def test_where_every_branch_is_optional_any_of_them_may_make_a_transaction():
    two = both_prepared().log("CONFIRMED").commit("payment").commit("inventory")
    assert two.ends_with_a_courier(*_TABLES) == set()


@pytest.mark.parametrize("optional", [("courier",), tuple(_TABLES)])
def test_a_log_that_rolls_back_what_all_committed_differs_though_a_branch_is_optional(optional):
    story = all_prepared().log("CANCELLED").commit("payment").commit("inventory").commit("courier")
    assert ("TP-1", "log-differs") in story.ends_with_a_courier(*optional)


def test_an_attempt_that_was_given_up_may_be_rolled_back():
    story = Story().prepare("payment").roll_back("payment").prepare("payment").prepare("inventory")
    assert story.log("CONFIRMED").commit("payment").commit("inventory").ends() == {}


def test_what_is_left_in_doubt():
    found = both_prepared().log("CONFIRMED").commit("payment").ends()
    assert set(found) == {("TP-3", "in-doubt-left")}


def test_what_is_resolved_late_after_the_return_of_the_coordinator():
    story = both_prepared().crash(100).wait(100 + RESOLVE_MS + 1).log("CANCELLED")
    found = story.roll_back("payment").roll_back("inventory").ends(lock_ms_max=60_000)
    assert set(found) == {("TP-3", "resolved-late")}


@pytest.mark.parametrize(("in_doubt", "level"), [("blocks", "LIMIT"), ("bounded", "VIOLATION")])
def test_locks_that_are_held_while_the_coordinator_is_away_are_measured(in_doubt, level):
    story = (
        both_prepared().crash(7_000).wait(7_000).log("CANCELLED").roll_back("payment").roll_back("inventory")
    )
    found = story.ends(in_doubt=in_doubt)
    assert found["TP-2", "blocked-while-away"].level == level
    assert "7020 ms" in found["TP-2", "blocked-while-away"].message


def test_locks_that_are_held_when_nothing_is_wrong():
    story = both_prepared().wait(LOCK_MS_MAX).log("CONFIRMED").commit("payment").commit("inventory")
    assert found_levels(story) == {("TP-2", "held-too-long"): "VIOLATION"}


def found_levels(story: Story) -> dict[tuple[str, str], str]:
    return {key: finding.level for key, finding in story.ends().items()}
