"""Every anomaly of a black box seen red, and its neighbour seen green."""

import pytest
from shop_history import ShopHistory

from shaketable.checker import judge
from shaketable.descriptions.description import LeavesText, ObserveText
from shaketable.history import History
from shaketable.mapping.value_paths import agrees
from shaketable.profile import Profile
from shaketable_patterns.black_box.checkers import AnswersHold, NothingElse

KEPT: dict[str, tuple[str, ...]] = {"BB-1": (), "BB-2": (), "BB-3": (), "BB-4": ()}


def test_a_sale_that_is_committed_and_announced_keeps_every_promise():
    assert ShopHistory().sold("t1").sold("t2").end() == KEPT


def test_a_committed_row_that_is_never_announced_is_a_lost_event():
    assert ShopHistory().sold("t1").commit("t2").end() == KEPT | {"BB-1": ("lost-event",)}


def test_nothing_is_lost_while_the_system_is_not_quiet():
    assert ShopHistory().sold("t1").commit("t2").end(quiet=False) == KEPT | {"BB-1": ("unknown",)}


def test_a_record_about_nothing_committed_is_a_phantom():
    assert ShopHistory().sold("t1").announce("t2").end() == KEPT | {"BB-2": ("phantom-event",)}


def test_a_record_long_before_its_commit_is_a_phantom():
    assert ShopHistory().announce("t1").commit("t1").sell("t1").end() == KEPT | {"BB-2": ("phantom-event",)}


def test_stamps_a_few_milliseconds_apart_prove_no_order():
    run = ShopHistory()
    run._now_ms = lambda: 1_000 + len(run.history)  # type: ignore[method-assign]
    assert run.announce("t1").commit("t1").sell("t1").end() == KEPT


def test_a_record_that_says_otherwise_than_its_row_is_altered():
    assert ShopHistory().commit("t1").announce("t1", seat="12C").sell("t1").end() == KEPT | {
        "BB-2": ("altered-event",)
    }


def test_a_copy_with_the_same_id_is_fine_and_one_with_another_is_not():
    assert ShopHistory().sold("t1").announce("t1").end() == KEPT
    assert ShopHistory().sold("t1").announce("t1", event_id="other").end() == KEPT | {
        "BB-3": ("new-id-on-duplicate",)
    }


def test_records_of_other_kinds_are_not_judged():
    assert ShopHistory().sold("t1").announce("t9", kind="SeatMap").end() == KEPT


def test_an_answer_of_ok_without_a_row_is_a_lost_write():
    assert ShopHistory().sold("t1").sell("t2").end() == KEPT | {"BB-4": ("lost-write",)}


def test_an_answer_of_ok_without_a_row_says_nothing_while_the_system_is_not_quiet():
    assert ShopHistory().sold("t1").sell("t2").end(quiet=False)["BB-4"] == ("unknown",)


@pytest.mark.parametrize(
    ("said", "was", "same"),
    [
        (20, "20.00", True), (20.5, "20.50", True), ("20", 20, True), (21, "20.00", False),
        ("007", "7", False), (None, "20.00", False), (True, 1, True), (True, "1", False), ("x", 20, False),
    ],
)  # fmt: skip
def test_a_number_may_be_told_as_text_and_a_decimal_column_comes_as_text(said, was, same):
    assert agrees(said, was) is same


def test_a_refused_op_that_left_its_row_was_not_refused():
    assert ShopHistory().commit("t1").announce("t1").sell("t1", "fail").end() == KEPT | {
        "BB-4": ("refused-but-written",)
    }


def test_a_refused_repetition_and_an_unknown_answer_say_nothing():
    assert ShopHistory().sold("t1").sell("t1", "fail").sell("t2", "info").end() == KEPT


def test_a_history_in_which_nothing_happened_is_unknown():
    assert set(ShopHistory().end().values()) == {("unknown",)}


@pytest.mark.parametrize(
    ("column", "told", "way", "same"),
    [
        ("10.00", 10, "", True),
        ("10.00", "10", "", False),
        ("10.00", "10", ":number", True),
        ("10.00", "10.01", ":number", False),
        ("2026-11-30T07:01:04Z", "2026-11-30T08:01:04+01:00", "", True),
        ("2026-11-30T07:01:04Z", "2026-11-30T07:01:04+01:00", "", False),
        ({"a": [1, 2]}, {"a": [1, 2]}, "", True),
        ([1, None], [1, 2], "", False),
        (None, None, ":number", True),
    ],
)
def test_a_record_repeats_a_column_as_what_it_is(column, told, way, same):
    wanted = ObserveText(
        name="sold", database="shop", table="sale", topic="sold", key="id", same={"amount": f"price{way}"}
    )
    history = History()
    history.add(
        1,
        "effect",
        "api",
        "commit",
        {"db": "shop", "writes": [["insert", "sale", {"id": "t1", "amount": column}]]},
    )
    record = {
        "topic": "sold",
        "partition": 0,
        "offset": 0,
        "key": "t1",
        "value": {"price": told},
        "headers": {},
    }
    history.add(2, "effect", "api", "append", record)
    (judgement,) = NothingElse((wanted,)).check(history, Profile("shop", {"clocks_agree_to_ms": 0}))
    assert [finding.anomaly for finding in judgement.findings] == ([] if same else ["altered-event"])


def test_an_answer_names_the_row_that_it_left_and_one_that_does_not_says_so():
    left = LeavesText(database="shop", table="sale", column="no", field="answer.body.no")

    def judged(body):
        history = History()
        history.add(1, "effect", "api", "commit", {"db": "shop", "writes": [["insert", "sale", {"no": 7}]]})
        asked = history.add(2, "invoke", "client", "sell", {})
        history.add(3, "ok", "client", "sell", {"status": 201, "body": body}, asked)
        history.add(4, "phase", "harness", "liveness")
        history.add(5, "phase", "harness", "quiet", {"quiet": True})
        (judgement,) = judge([AnswersHold({"sell": left})], history, Profile("shop", {}))
        return [finding.anomaly for finding in judgement.findings], judgement.unknown

    assert judged({"no": 7}) == ([], "")
    assert judged({"no": 8}) == (["lost-write"], "")
    assert judged({}) == ([], "leaves of sell: answer.body.no is not there, and sell was answered ok")
