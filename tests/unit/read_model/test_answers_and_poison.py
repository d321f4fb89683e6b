"""PJ-5 and PJ-6 on a foreign till: what is asked, and events that nothing can read."""

import pytest

from tests.unit.read_model.till import DAY_MS, NOW_MS, ODD, SPENT, Till, breaches, findings, without


def take(till, cents):
    till.commit(("update", "wallet", {"buyer": "ben", "cents": cents}), db="till", by="till")


def test_a_strong_answer_that_is_old_is_told():
    till = Till()
    take(till, 410)
    till.let_pass(200)
    till.left(500)
    (found,) = findings(till)
    assert (found.promise, found.anomaly) == ("PJ-5", "stale-strong-read")
    assert found.message == "left said that wallet of ben is 500, and was 410"


def test_a_strong_answer_may_say_what_was_so_while_it_was_asked():
    till = Till()
    till.let_pass(200)
    invoked = till._add("invoke", "client", "left", {"buyer": "ben"})
    take(till, 410)
    till._add("ok", "client", "left", {"cents": 410}, ref=invoked)
    till.left(500)  # at the very moment of the commit: both are right
    assert breaches(till) == []


def test_an_answer_that_is_not_told_is_not_judged():
    till = Till()
    take(till, 410)
    till.let_pass(200)
    till.op("left", kind="info", result={"error": "Timeout"}, buyer="ben")
    till.op("left", kind="fail", result={"status": 503}, buyer="ben")
    assert breaches(till) == []


def test_an_answer_out_of_a_view_that_lags_is_told_once_it_lags_too_long():
    till = Till()
    till.sale()
    till.let_pass(500)
    till.ask(0)
    till.let_pass(1_000)
    till.ask(0)
    till.apply(till.card(), till.spend(90), till.upto(1))
    (found,) = findings(till)
    assert (found.promise, found.anomaly) == ("PJ-5", "stale-view")
    assert found.message == "spent said that spent of ben is 0, and for 1000 ms was 90"


def test_while_a_fault_was_in_force_a_view_may_lag():
    till = Till()
    fault = till._add("fault", "harness", "partition", {"for_ms": 5_000})
    till._add("receipt", "harness", "partition", {"for_ms": 5_000}, ref=fault)
    till.sale()
    till.let_pass(4_000)
    till.ask(0)
    till.apply(till.card(), till.spend(90), till.upto(1))
    assert breaches(till) == []


@pytest.mark.parametrize(("days", "said"), [(0, 90), (6, 90), (7, 90), (7, 0), (9, 0)])
def test_a_window_is_one_of_the_time_of_the_sale_and_its_edge_may_be_taken_either_way(days, said):
    till = Till()
    till.sold_and_shown(days=days)
    till.let_pass(2_000)
    till.ask(said)
    assert breaches(till) == []


@pytest.mark.parametrize(("days", "said"), [(0, 0), (5, 0), (9, 90)])
def test_an_answer_that_counts_by_another_time_is_wrong_though_the_view_is_right(days, said):
    till = Till()
    till.sold_and_shown(days=days)
    till.let_pass(2_000)
    till.ask(said)
    assert ("PJ-1", "wrong-answer") in breaches(till)


def test_with_a_finer_grain_the_edge_is_sharper():
    till = Till()
    till.sale(days=7)
    till.apply(till.card(), till.spend(90), till.upto(1))
    till.let_pass(2_000)
    till.ask(90)
    assert breaches(till) == []
    other = Till()
    other.commit(("insert", "sale", {"no": 1, "buyer": "ben", "cents": 90, "state": "sold", "sold_ms": NOW_MS - 7 * DAY_MS - DAY_MS // 2}), db="till")  # fmt: skip
    other.publish()
    other.apply(other.card(), other.spend(90), other.upto(1))
    other.let_pass(2_000)
    other.ask(90)
    assert ("PJ-1", "wrong-answer") in breaches(other, window_grain_ms=1_000)


def test_a_total_that_no_rows_hold_is_judged_by_its_answers():
    till = Till()
    till.sale()
    till.apply(till.card(), till.upto(1))
    till.let_pass(2_000)
    till.ask(0)
    assert breaches(till, roles=without(SPENT, view=None, amount="")) == [("PJ-5", "stale-view")]


def poisoned(*, kept=True, why="no number", passed=True):
    till = Till()
    till.publish(no=9, rev=None)
    if kept:
        till.apply(till.row("oddity", "9/None", msg="9/None", why=why))
    if passed:
        till.apply(till.upto(1))
    return till


def test_an_event_that_is_kept_with_its_cause_and_passed_breaks_nothing():
    assert breaches(poisoned()) == []


@pytest.mark.parametrize("till", [poisoned(kept=False), poisoned(why="")], ids=["nothing", "no cause"])
def test_an_event_that_is_passed_without_a_trace_is_told(till):
    (found,) = findings(till)
    assert (found.promise, found.anomaly, found.level) == ("PJ-6", "poison-dropped", "OFF-PROFILE")
    assert found.off_profile == "poison_policy=skip"


def test_a_view_that_stands_in_front_of_it_is_told_and_declared_it_is_right():
    (found,) = findings(poisoned(passed=False))
    assert (found.promise, found.anomaly, found.off_profile) == (
        "PJ-6",
        "poison-blocks",
        "poison_policy=stop",
    )
    assert breaches(poisoned(kept=False, passed=False), poison_policy="stop") == []


def test_a_view_that_declares_to_stop_and_goes_on_is_told():
    (found,) = findings(poisoned(), poison_policy="stop")
    assert (found.promise, found.anomaly, found.off_profile) == (
        "PJ-6",
        "poison-passed",
        "poison_policy=park",
    )


def test_one_that_is_tried_for_ever_is_judged_though_the_run_is_never_quiet():
    till = poisoned(kept=False, passed=False)
    assert breaches(till, quiet=False) == []
    later = poisoned(kept=False, passed=False)
    later.let_pass(2_000)
    assert breaches(later, quiet=False) == [("PJ-6", "poison-blocks")]


def test_a_view_that_stopped_as_declared_is_not_blamed_for_what_it_lacks():
    till = poisoned(kept=False, passed=False)
    till.sale(2)
    till.let_pass(2_000)
    till.ask(0)
    assert breaches(till, poison_policy="stop") == []


def test_without_letters_nothing_is_said_of_what_is_kept():
    assert breaches(poisoned(kept=False), roles=without(ODD, letters=())) == []
