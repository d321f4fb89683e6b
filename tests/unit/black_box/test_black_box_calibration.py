"""Calibration tells the owner of a description what it saw in a run without faults, and which field that contradicts."""

from dataclasses import replace

import msgspec
from shop_history import SHOP, ShopHistory, described

from shaketable.descriptions.file import read
from shaketable.real.servers.registry import servers
from shaketable_patterns.black_box.calibration import contradictions

PLAIN = read(SHOP / "shaketable.toml", servers())[0]


def said(run, description=PLAIN, *, quiet=True, judged=True):
    return contradictions(description, run.ended(quiet=quiet), answers_are_judged=judged)


def only(problems):
    (problem,) = problems
    return problem


def changed(**fields):
    """Return the description with other values in its op's `leaves`."""
    (op,) = PLAIN.ops
    leaves = msgspec.structs.replace(op.leaves, **fields)
    return msgspec.structs.replace(PLAIN, ops=(msgspec.structs.replace(op, leaves=leaves),))


def observing(**fields):
    return msgspec.structs.replace(PLAIN, observe=(msgspec.structs.replace(PLAIN.observe[0], **fields),))


def test_a_description_that_fits_is_not_contradicted():
    assert said(ShopHistory().sold("t1").sold("t2")) == []


def test_an_answer_that_is_not_ok_is_told_with_its_status_and_the_field():
    problem = only(
        said(ShopHistory().sold("t1").sell("t2", "info", {"status": 500, "body": "no such database"}))
    )
    assert "sell id=t2 seat=3A price=20 was answered 500 without faults (its `ok` is 200, 201)" in problem
    assert "no such database" in problem
    assert "shaketable boundaries" in problem


def test_an_answer_that_never_came_is_told_with_the_time_that_was_given():
    problem = only(said(ShopHistory().sold("t1").sell("t2", "info", {"error": "Timeout"})))
    assert "had no answer without faults (within its `timeout_ms` of 20000 ms): error=Timeout" in problem


def test_a_repeated_request_may_be_refused_and_a_first_one_may_not():
    refused = {"status": 409}
    assert said(ShopHistory().sold("t1").sell("t1", "fail", refused)) == []
    assert "was answered 409" in said(ShopHistory().sell("t1", "fail", refused).sold("t2"))[0]


def test_a_repeated_request_may_be_announced_again():
    assert said(ShopHistory().sold("t1").announce("t1").sell("t1")) == []


def test_what_is_announced_more_often_than_it_was_asked_for_contradicts_the_description():
    problem = only(said(ShopHistory().sold("t1").announce("t1").sold("t2").sell("t2")))
    assert "tickets t1 was announced 2 times without faults, though asked for 1 times" in problem


def test_a_row_that_is_not_announced_is_told_with_what_was_published_instead():
    assert "nothing at all was published on ticket-events (`topic`)" in only(
        said(ShopHistory().commit("t1").sell("t1"))
    )
    problem = only(said(ShopHistory().commit("t1").announce("seat-3A").sell("t1")))
    assert "`key` says id is the message key" in problem
    assert "there were the keys seat-3A" in problem


def test_one_that_answers_ok_and_writes_nothing_at_all_is_left_to_the_promise_it_breaks():
    assert said(ShopHistory().sell("t1").sell("t2")) == []
    assert ShopHistory().sell("t1").sell("t2").end()["BB-4"] == ("lost-write",)


def test_one_that_writes_where_the_description_does_not_look_is_not_accused():
    problems = said(ShopHistory().commit("t1", table="made_by_itself").sell("t1"))
    assert problems[0] == "no row of tickets was committed without faults, which `leaves` of sell declares"


def test_without_that_promise_one_that_writes_nothing_contradicts_what_is_observed():
    plain = changed()
    nothing = msgspec.structs.replace(plain, ops=(msgspec.structs.replace(plain.ops[0], leaves=None),))
    assert "no op commits a row of tickets without faults" in only(
        said(ShopHistory().sell("t1"), nothing, judged=False)
    )


def test_a_row_elsewhere_than_declared_accuses_the_description_and_not_the_system():
    problem = only(said(ShopHistory().sold("t1"), changed(column="seat")))
    assert (
        "`leaves` of sell says that tickets.seat is its id (t1); without faults that column was 3A" in problem
    )
    problem = said(
        ShopHistory().commit("t1", table="tickets").announce("t1").sell("t1"), changed(table="sales")
    )
    assert problem == ["no row of sales was committed without faults, which `leaves` of sell declares"]


def test_a_condition_that_no_row_fulfils_is_named():
    problem = only(said(ShopHistory().sold("t1"), observing(where={"seat": "12C"})))
    assert (
        "no op commits a row of tickets without faults, none of the 1 committed agrees with its `where`"
        in problem
    )


def test_one_that_never_rests_is_told_the_times_that_it_contradicts():
    problem = only(said(ShopHistory().sell("t1"), quiet=False))
    assert "never silent for `times.quiet_ms` (10000 ms) within `times.bound_ms` (120000 ms)" in problem


def test_the_calibration_of_the_pattern_is_this_one():
    subject = described()
    assert subject.pattern.calibrate(subject, lambda _: ShopHistory().sold("t1").ended()) == []
    lazy = subject.pattern.calibrate(subject, lambda _: ShopHistory().sell("t1").ended())
    assert lazy == []
    unjudged = replace(subject, pattern=replace(subject.pattern, promises=subject.pattern.promises[:3]))
    assert subject.pattern.calibrate(unjudged, lambda _: ShopHistory().sell("t1").ended()) != []
