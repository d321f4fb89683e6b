"""TP-1 to TP-3 on handwritten histories: each anomaly red, and what a correct system may do green."""

from __future__ import annotations

import pytest

from shaketable.checker import judge
from shaketable.history import History, Json
from shaketable.verdict import Finding
from shaketable_patterns.order_two_phase.profile import LOCK_MS_MAX, RESOLVE_MS, profile
from shaketable_patterns.order_two_phase.subjects import hardened

_TABLES = {"payment": "charges", "inventory": "reservations"}


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
        declared = profile("small", **knobs)
        judged = judge(hardened().pattern.checkers, self.history, declared)
        return {(f.promise, f.anomaly): f for judgement in judged for f in judgement.findings}

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
