"""PJ-3 on a foreign till: where the view has come to, and that nothing old undoes what is newer."""

from tests.unit.read_model.till import CARDS, Till, breaches, findings, without


def test_a_position_that_goes_back_is_told():
    till = Till()
    till.sold_and_shown(1)
    till.sold_and_shown(2)
    till.apply(till.upto(1))
    (found,) = findings(till)
    assert (found.promise, found.anomaly) == ("PJ-3", "position-went-back")
    assert found.message == "the position on sale.changed/0 went from 2 to 1"


def test_a_rebuild_in_its_place_may_begin_again():
    till = Till()
    till.sold_and_shown(1)
    till.op("again")
    till.apply(till.upto(0))
    till.apply(till.upto(1))
    assert breaches(till) == []


def test_a_position_that_is_saved_before_the_view_is_told_at_its_commit():
    till = Till()
    till.sale()
    till.apply(till.upto(1))
    till.apply(till.card(), till.spend(90))
    (found,) = findings(till)
    assert (found.promise, found.anomaly) == ("PJ-3", "position-ahead")
    assert "record 0 about 1 is not in the view" in found.message


def test_a_view_that_is_saved_before_its_position_is_not_accused():
    till = Till()
    till.sale()
    till.apply(till.card(), till.spend(90))
    till.apply(till.upto(1))
    assert breaches(till) == []


def test_a_position_that_jumps_over_records_that_are_not_in_the_view_is_told():
    till = Till()
    till.sale(1)
    till.sale(2)
    till.apply(till.card(2), till.spend(90), till.upto(2))
    assert ("PJ-3", "position-ahead") in breaches(till)


def test_a_batch_may_move_the_position_once():
    till = Till()
    till.sale(1)
    till.sale(2)
    till.apply(till.card(1), till.card(2), till.spend(180), till.upto(2))
    assert breaches(till) == []


def kept_topic(*uptos, quiet=True, skipped=()):
    """Tell of a topic that is kept from run to run: the first record of this one has offset 56 at the broker."""
    till = Till()
    for no, upto in enumerate(uptos, start=1):
        till.sale(no)
        till.deliver("sale.changed", no - 1, "stats")
        shown = [] if no in skipped else [till.card(no), till.spend(90)]
        till.apply(*shown, till.upto(upto))
    return breaches(till, quiet=quiet)


def test_a_topic_that_is_kept_from_run_to_run_begins_elsewhere():
    assert kept_topic(57, 58, 59) == []
    assert kept_topic(57, 58, 59, quiet=False) == []
    assert ("PJ-3", "position-ahead") in kept_topic(57, 58, 59, skipped=(2,))
    assert ("PJ-3", "position-ahead") in kept_topic(57, 58, 59, skipped=(2,), quiet=False)


def test_an_old_record_behind_a_newer_state_needs_nothing():
    till = Till()
    till.sold_and_shown()
    till.sale(state="void", rev=2)
    till.publish(rev=1)
    till.apply(till.card(state="void", rev=2), till.spend(-90), till.upto(2))
    till.apply(till.upto(3))
    assert breaches(till) == []


def test_an_old_event_that_undoes_a_newer_one_is_told():
    till = Till()
    till.sold_and_shown()
    till.sale(state="void", rev=2)
    till.apply(till.card(state="void", rev=2), till.spend(-90), till.upto(2))
    till.apply(till.card(state="sold", rev=1))
    till.apply(till.card(state="void", rev=2))
    (found,) = findings(till)
    assert (found.promise, found.anomaly) == ("PJ-3", "newer-undone")
    assert found.message == "the view's 1 went back to an older state of it"


def test_a_state_that_comes_back_in_the_source_may_come_back_in_the_view():
    till = Till()
    till.sold_and_shown()
    for rev, state in ((2, "void"), (3, "sold")):
        till.sale(state=state, rev=rev)
        till.apply(till.card(state=state, rev=rev), till.spend(90 * (1 if rev == 3 else -1)), till.upto(rev))
    assert breaches(till) == []


def test_without_versions_it_is_not_known_what_is_in_the_view():
    till = Till()
    till.sale()
    till.apply(till.upto(1))
    till.apply(till.card(), till.spend(90))
    assert breaches(till, roles=without(CARDS, version="")) == []
