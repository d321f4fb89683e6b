"""Every anomaly of a black box seen red, and its neighbour seen green."""

import pytest
from shop_history import ShopHistory

from shaketable_patterns.black_box.checkers import _says

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
    assert _says(said, was) is same


def test_a_refused_op_that_left_its_row_was_not_refused():
    assert ShopHistory().commit("t1").announce("t1").sell("t1", "fail").end() == KEPT | {
        "BB-4": ("refused-but-written",)
    }


def test_a_refused_repetition_and_an_unknown_answer_say_nothing():
    assert ShopHistory().sold("t1").sell("t1", "fail").sell("t2", "info").end() == KEPT


def test_a_history_in_which_nothing_happened_is_unknown():
    assert set(ShopHistory().end().values()) == {("unknown",)}
