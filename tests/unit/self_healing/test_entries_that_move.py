"""Entries that wait again, move up, or change their queue, on a foreign desk: each is judged by what its row said at that time."""

import msgspec

from tests.unit.self_healing.desk import LINE, Desk, breaches

PLACED = (msgspec.structs.replace(LINE, place="col.topic", key="line/{col.topic}"),)
"""The desk with a line for each topic."""


def done(desk, no):
    desk.ticket(no, "done")
    desk.remove(no)
    desk.let_pass(300)


def test_one_that_waits_again_stands_where_its_row_says_by_then():
    desk = Desk()
    desk.opened("1", "2")
    done(desk, "1")
    desk.ticket("1", "reopened", seq=9)
    desk.add("1", score=9)
    desk.let_pass(1_500)
    desk.line("2", "1")
    desk.op("ahead", result={"ahead": 1}, no="1")
    desk.op("ahead", result={"ahead": 0}, no="2")
    assert breaches(desk) == []
    desk.line("1", "2")
    assert breaches(desk) == [("HC-4", "answer-differs")]


def test_one_that_waits_again_and_kept_its_old_score_is_out_of_order():
    desk = Desk()
    desk.opened("1", "2")
    done(desk, "1")
    desk.ticket("1", "reopened", seq=9)
    desk.add("1")
    desk.let_pass(1_500)
    assert breaches(desk) == [("HC-1", "out-of-order")]


def test_one_that_moves_up_while_it_waits_may_stand_either_way_for_a_moment_and_then_where_its_row_says():
    for order, broken in ((("1", "2"), []), (("2", "1"), [("HC-4", "answer-differs")])):
        desk = Desk()
        desk.opened("2", "3")
        desk.ticket("1", seq=8)
        desk.add("1", score=8)
        desk.let_pass(1_500)
        desk.ticket("1", seq=1)
        desk.line("2", "3", "1")
        desk.op("ahead", result={"ahead": 2}, no="1")
        desk.add("1", score=1)
        desk.line("1", "2", "3")
        desk.op("ahead", result={"ahead": 0}, no="1")
        desk.let_pass(1_500)
        desk.line(*order, "3")
        assert breaches(desk) == broken


def moved(desk, *, is_added=True, is_removed=True):
    """Let a ticket go over from the line of disks to that of fans."""
    desk.ticket("1", topic="disk")
    desk.store("ZADD", "line/disk", ["T-1", 1])
    desk.let_pass(1_500)
    desk.ticket("1", topic="fan")
    if is_added:
        desk.store("ZADD", "line/fan", ["T-1", 1])
    if is_removed:
        desk.store("ZREM", "line/disk", "T-1")
    desk.let_pass(1_500)


def test_one_that_goes_over_into_another_queue_waits_there_and_no_more_where_it_was():
    for places, broken in (
        ({}, []),
        ({"is_added": False}, [("HC-3", "lost-in-rebuild")]),
        ({"is_removed": False}, [("HC-1", "stale-entry")]),
    ):
        desk = Desk()
        moved(desk, **places)
        assert breaches(desk, roles=PLACED) == broken


def called(desk, click):
    desk.ticket("1", "done")
    desk.remove("1")
    desk.op("take", result={"no": "1"}, click=click)
    desk.let_pass(1_000)


def test_one_that_was_called_and_waits_again_may_be_called_again():
    desk = Desk()
    desk.opened("1")
    called(desk, "c1")
    desk.ticket("1", "reopened")
    desk.add("1")
    desk.let_pass(1_000)
    called(desk, "c2")
    assert breaches(desk) == []
    desk.op("take", result={"no": "1"}, click="c3")
    assert breaches(desk) == [("HC-3", "called-twice")]


def test_one_that_came_back_between_two_times_of_waiting_was_resurrected():
    desk = Desk()
    desk.opened("1")
    done(desk, "1")
    desk.add("1")
    desk.let_pass(1_500)
    desk.remove("1")
    desk.ticket("1", "reopened")
    desk.add("1")
    desk.let_pass(1_500)
    done(desk, "1")
    assert breaches(desk) == [("HC-3", "resurrected")]
