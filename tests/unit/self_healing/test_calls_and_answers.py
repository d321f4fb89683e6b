"""HC-3 at the door and HC-4, on a foreign desk: who is called, and what is answered while the store is down and otherwise."""

import pytest

from tests.unit.self_healing.desk import Desk, breaches, findings


def test_each_is_called_once_while_it_waits():
    desk = Desk()
    desk.opened("1", "2")
    for no in ("1", "2"):
        desk.ticket(no, "done")
        desk.remove(no)
        desk.op("take", result={"no": no}, click=f"c{no}")
    desk.op("take", result={"no": None}, click="c3")
    assert breaches(desk) == []


def test_one_that_two_requests_call_is_called_twice_and_one_request_that_comes_again_is_not():
    for click, broken in (("c2", [("HC-3", "called-twice")]), ("c1", [])):
        desk = Desk()
        desk.opened("1")
        desk.ticket("1", "done")
        desk.remove("1")
        desk.op("take", result={"no": "1"}, click="c1")
        desk.op("take", result={"no": "1"}, click=click)
        assert breaches(desk) == broken


def test_one_that_had_left_or_never_came_is_called_though_it_does_not_wait():
    desk = Desk()
    desk.opened("1")
    desk.ticket("1", "done")
    desk.remove("1")
    desk.let_pass(300)
    desk.op("take", result={"no": "1"}, click="c1")
    assert breaches(desk) == [("HC-3", "called-inactive")]
    other = Desk()
    other.op("take", result={"no": "9"}, click="c1")
    assert breaches(other) == [("HC-3", "called-inactive")]


def while_away(answer, kind="ok", state="open"):
    """Ask for the line while the store is down, with one ticket that waits or does not."""
    desk = Desk()
    desk.opened("1")
    if state != "open":
        desk.ticket("1", state)
    desk.away(2_000)
    desk.let_pass(500)
    desk.op("line", kind=kind, result=answer)
    desk.let_pass(1_600)
    desk.back()
    desk.add("1") if state == "open" else desk.remove("1")
    return desk


def test_while_the_store_is_down_the_rows_answer():
    assert breaches(while_away({"line": ["1"]})) == []
    assert breaches(while_away({"line": []}, state="done")) == []


@pytest.mark.parametrize(("kind", "answer"), [("info", {"error": "Timeout"}), ("info", {"status": 503})])
def test_no_answer_while_the_store_is_down_is_no_fallback(kind, answer):
    (found,) = findings(while_away(answer, kind))
    assert (found.promise, found.anomaly) == ("HC-4", "no-fallback")
    assert "while valkey was down and nothing else was wrong" in found.message


def test_what_says_no_while_the_store_is_down_has_answered():
    assert breaches(while_away({"status": 404}, "fail")) == []


def test_an_answer_while_the_store_is_down_that_the_rows_do_not_give_differs():
    assert breaches(while_away({"line": []})) == [("HC-4", "fallback-differs")]
    assert breaches(while_away({"line": ["1"]}, state="done")) == [("HC-4", "fallback-differs")]


def test_what_else_is_wrong_at_that_time_excuses_an_answer():
    desk = Desk()
    desk.opened("1")
    desk.away(2_000)
    desk.let_pass(200)
    desk.fault("partition", sender="desk", receiver="postgres", for_ms=1_000)
    desk.let_pass(300)
    desk.op("line", kind="info", result={"status": 503})
    desk.let_pass(1_600)
    desk.back()
    desk.add("1")
    assert breaches(desk) == []


def test_an_instance_that_is_cut_off_alone_excuses_no_answer_of_the_others():
    desk = Desk()
    desk.opened("1")
    desk.fault("partition", sender="desk", receiver="valkey", for_ms=2_000)
    desk.let_pass(500)
    desk.op("line", kind="info", result={"status": 503})
    assert breaches(desk) == [("HC-4", "no-fallback")]
    other = Desk()
    other.opened("1")
    other.fault("partition", sender="desk-1", receiver="valkey", for_ms=2_000)
    other.let_pass(500)
    other.op("line", kind="info", result={"status": 503})
    assert breaches(other) == []


def test_an_answer_when_all_is_healed_that_lacks_one_who_waits_differs():
    desk = Desk()
    desk.opened("1", "2")
    desk.let_pass(500)
    desk.line("2")
    (found,) = findings(desk)
    assert found.message == "line: 1 waits and is not in the answer, though all was healed"
    assert (found.promise, found.anomaly) == ("HC-4", "answer-differs")


def test_an_answer_may_lack_what_has_just_come_and_what_a_loss_took_a_moment_ago():
    desk = Desk()
    desk.opened("1")
    desk.line()
    desk.let_pass(500)
    desk.lose()
    desk.let_pass(900)
    desk.line()
    desk.add("1")
    assert breaches(desk) == []


def test_an_answer_with_what_never_came_or_in_another_order_differs():
    desk = Desk()
    desk.opened("1", "2")
    desk.let_pass(500)
    desk.line("1", "2", "7")
    assert breaches(desk) == [("HC-4", "answer-differs")]
    other = Desk()
    other.opened("1", "2")
    other.let_pass(500)
    other.line("2", "1")
    assert breaches(other) == [("HC-4", "answer-differs")]


@pytest.mark.parametrize(("said", "broken"), [(1, False), (0, True), (2, True)])
def test_a_position_counts_who_is_ahead(said, broken):
    desk = Desk()
    desk.opened("1", "2")
    desk.let_pass(500)
    desk.op("ahead", result={"ahead": said}, no="2")
    assert bool(breaches(desk)) == broken


def test_a_position_may_count_one_who_has_just_come_or_gone_either_way():
    for said in (0, 1):
        desk = Desk()
        desk.opened("1", "2")
        desk.let_pass(500)
        desk.ticket("1", "done")
        desk.op("ahead", result={"ahead": said}, no="2")
        desk.remove("1")
        assert breaches(desk) == []
