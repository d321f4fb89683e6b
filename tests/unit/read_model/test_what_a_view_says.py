"""PJ-1, PJ-2 and PJ-4 on a foreign till: the view says what was committed, each event once, whether it was built again or not."""

import pytest

from tests.unit.read_model.till import AGAIN, ROLES, Till, breaches, findings


def test_a_view_that_says_it_all_breaks_nothing():
    till = Till()
    till.sold_and_shown(1, 90)
    till.sold_and_shown(2, 10, days=20)
    till.let_pass(2_000)
    till.ask(90)
    till.left(500)
    assert breaches(till) == []


def test_a_sale_that_is_not_in_the_view_is_missing():
    till = Till()
    till.sale()
    assert breaches(till) == [("PJ-1", "missing-in-view"), ("PJ-1", "total-differs")]


def test_a_run_that_never_became_quiet_accuses_no_view():
    till = Till()
    till.sale()
    assert breaches(till, quiet=False) == []


def test_a_row_of_nothing_that_was_committed_is_told():
    till = Till()
    till.publish(no=3)
    till.apply(till.card(3), till.upto(1))
    assert breaches(till) == [("PJ-1", "never-committed")]


def test_a_row_that_says_something_else_is_told():
    till = Till()
    till.sale()
    till.apply(till.card(state="void"), till.spend(90), till.upto(1))
    (found,) = findings(till)
    assert (found.promise, found.anomaly) == ("PJ-1", "view-differs")
    assert found.message == "1 has state 'sold', and in the view 'void'"
    assert found.about == ("1",)


def test_a_total_that_differs_is_told():
    till = Till()
    till.sale()
    till.apply(till.card(), till.upto(1))
    (found,) = findings(till)
    assert (found.anomaly, found.message) == ("total-differs", "spent of ben is 90, and 0 in the view")


def test_a_total_that_counts_an_event_twice_is_told_at_once():
    till = Till()
    till.sold_and_shown()
    till.apply(till.spend(90))
    till.apply(till.spend(-90))
    (found,) = findings(till)
    assert (found.promise, found.anomaly) == ("PJ-2", "counted-twice")
    assert found.message == "spent of ben is 180 in the view, and was never more than 90"


def test_a_total_that_is_taken_from_twice_is_told():
    till = Till()
    till.sold_and_shown()
    till.sale(state="void", rev=2)
    till.apply(till.card(state="void", rev=2), till.spend(-90), till.upto(2))
    till.apply(till.spend(-90))
    assert ("PJ-2", "taken-twice") in breaches(till)


def test_totals_may_lag_behind_in_each_sale_by_another_time():
    till = Till()
    till.sale(1, 90)
    till.sale(2, 10)
    till.sale(1, 90, state="void", rev=2)
    till.apply(till.card(1), till.spend(90), till.upto(1))
    till.apply(till.card(2), till.spend(10), till.upto(2))
    till.apply(till.card(1, state="void", rev=2), till.spend(-90), till.upto(3))
    assert breaches(till) == []


def test_what_was_published_before_it_was_committed_is_not_counted_twice():
    till = Till()
    till.publish()
    till.apply(till.card(), till.spend(90), till.upto(1))
    till.sale(publish=False)
    assert breaches(till) == []


def rebuilt(till, *writes):
    till.op("again")
    till.apply(till.gen(2, "growing"))
    till.apply(*writes, till.gen(1, "old"), till.gen(2, "live"))


def test_a_rebuilt_view_that_says_the_same_breaks_nothing():
    till = Till()
    till.sold_and_shown()
    rebuilt(till, till.card(gen=2), till.spend(90, gen=2), till.upto(1, gen=2))
    assert breaches(till) == []


def test_a_rebuilt_view_that_lacks_what_came_meanwhile_is_told():
    till = Till()
    till.sold_and_shown()
    till.sold_and_shown(2, 10)
    rebuilt(till, till.card(gen=2), till.spend(90, gen=2), till.upto(1, gen=2))
    assert breaches(till) == [("PJ-4", "rebuild-differs"), ("PJ-4", "rebuild-lost")]


def test_a_rebuild_that_is_left_half_done_is_told():
    till = Till()
    till.sold_and_shown()
    till.op("again")
    till.apply(till.gen(2, "growing"))
    assert breaches(till) == [("PJ-4", "rebuild-unfinished")]


@pytest.mark.parametrize("kind", ["ok", "info"])
def test_the_same_gap_is_one_of_a_rebuild_only_where_one_was_asked_for(kind):
    till = Till()
    till.sale()
    till.op("again", kind=kind)
    assert ("PJ-4", "rebuild-lost") in breaches(till)
    other = Till()
    other.sale()
    other.op("again", kind="fail")
    assert ("PJ-1", "missing-in-view") in breaches(other)


def test_a_view_without_generations_is_judged_by_all_its_rows():
    till = Till()
    till.sold_and_shown()
    assert breaches(till, roles=tuple(role for role in ROLES if role is not AGAIN)) == []
