"""HC-1, and HC-3 in the store, on a foreign desk: what lacks, what is left, what comes back, and the order."""

import pytest

from tests.unit.self_healing.desk import Desk, breaches, findings


def test_a_queue_that_is_healed_within_its_period_breaks_nothing():
    desk = Desk()
    desk.opened("1", "2")
    desk.lose()
    desk.let_pass(1_000)
    desk.add("2")
    desk.add("1")
    desk.let_pass(5_000)
    desk.line("1", "2")
    assert breaches(desk) == []


@pytest.mark.parametrize(
    ("loss", "broken"),
    [
        (Desk.lose, ("HC-1", "not-healed")),
        (lambda desk: desk.away(10), ("HC-1", "not-healed")),
        (lambda desk: desk.evict("line"), ("HC-1", "not-healed")),
        (lambda desk: desk.store("FLUSHALL", ""), ("HC-3", "lost-in-rebuild")),
    ],
    ids=["loss", "power", "eviction", "by the subject itself"],
)
def test_what_still_lacks_after_a_period_was_not_healed(loss, broken):
    desk = Desk()
    desk.opened("1")
    loss(desk)
    desk.let_pass(1_300)
    assert breaches(desk) == [broken]


@pytest.mark.parametrize(("keys", "store"), [(("t/1", "t/2"), "valkey"), (("line",), "sessions")])
def test_a_queue_whose_key_stays_is_not_touched_by_an_eviction(keys, store):
    desk = Desk()
    desk.opened("1")
    desk.evict(*keys, store=store)
    desk.let_pass(1_300)
    assert breaches(desk) == []


def test_an_entry_that_never_came_into_the_queue_because_of_a_fault_was_not_healed():
    desk = Desk()
    desk.fault("drop", at="desk>valkey ZADD line #1", leg="request")
    desk.ticket("1")
    desk.let_pass(1_300)
    (found,) = findings(desk)
    assert (found.promise, found.anomaly) == ("HC-1", "not-healed")
    assert found.message == "1 waits and is not in the queue, for 1.302 s from 0.003 s on"
    assert found.about == ("1",)


def test_a_removal_that_was_lost_leaves_a_stale_entry():
    desk = Desk()
    desk.opened("1")
    desk.fault("drop", at="desk>valkey ZREM line #1", leg="request")
    desk.ticket("1", "done")
    desk.let_pass(1_300)
    assert breaches(desk) == [("HC-1", "stale-entry")]


def test_what_is_told_a_moment_later_is_neither_lost_nor_stale():
    desk = Desk()
    desk.ticket("1")
    desk.let_pass(150)
    desk.add("1")
    desk.let_pass(1_000)
    desk.ticket("1", "done")
    desk.let_pass(150)
    desk.remove("1")
    desk.let_pass(1_000)
    assert breaches(desk) == []


def test_a_rebuild_that_drops_what_came_meanwhile_loses_it_though_nothing_was_lost():
    desk = Desk()
    desk.opened("1")
    desk.store("ZADD", "line:new", ["T-1", 1])
    desk.opened("2")
    desk.store("RENAME", "line:new", "line")
    desk.let_pass(900)
    desk.add("2")
    desk.let_pass(1_000)
    assert breaches(desk) == [("HC-3", "lost-in-rebuild")]
    assert breaches(rebuilt_and_mended()) == []


def rebuilt_and_mended():
    desk = Desk()
    desk.opened("1")
    desk.store("ZADD", "line:new", ["T-1", 1])
    desk.opened("2")
    desk.store("RENAME", "line:new", "line")
    desk.add("2")
    desk.let_pass(1_000)
    return desk


def test_a_rebuild_that_is_late_has_the_time_by_which_it_is_late():
    desk = Desk()
    desk.opened("1")
    desk.store("DEL")
    desk.fault("hold", at="desk>valkey ZADD line #2", leg="request", for_ms=150)
    desk.let_pass(300)
    desk.add("1")
    assert breaches(desk) == []


def test_what_comes_back_for_longer_than_a_period_is_resurrected():
    desk = Desk()
    desk.opened("1")
    desk.ticket("1", "done")
    desk.remove("1")
    desk.let_pass(50)
    desk.add("1")
    desk.let_pass(1_050)
    assert breaches(desk) == []
    desk.let_pass(200)
    desk.remove("1")
    assert breaches(desk) == [("HC-3", "resurrected")]


def test_a_ticket_that_is_opened_again_may_come_back():
    desk = Desk()
    desk.opened("1")
    desk.ticket("1", "done")
    desk.remove("1")
    desk.ticket("1", "reopened")
    desk.add("1")
    desk.let_pass(3_000)
    desk.line("1")
    assert breaches(desk) == []


def test_a_key_of_which_a_command_was_not_understood_is_not_judged():
    desk = Desk()
    desk.opened("1")
    desk.store("UNREAD", value="EVAL")
    desk.remove("1")
    desk.let_pass(3_000)
    assert breaches(desk) == []


def test_what_stands_in_another_order_than_it_came_is_told_once_all_is_healed():
    desk = Desk()
    for no, score in (("1", 5), ("2", 4)):
        desk.ticket(no)
        desk.add(no, score)
    desk.let_pass(2_000)
    (found,) = findings(desk)
    assert (found.anomaly, found.message) == (
        "out-of-order",
        "2 stands before 1 in the queue, and came after it",
    )


def test_of_two_that_came_at_once_the_tie_decides_and_within_the_grain_nothing():
    desk = Desk()
    for no, score in (("2", 1), ("1", 2)):
        desk.ticket(no, seq=7)
        desk.add(no, score)
    desk.let_pass(2_000)
    assert breaches(desk) == [("HC-1", "out-of-order")]
    assert breaches(desk, order_grain_ms=10) == []


def test_a_busy_machine_gives_two_periods_more_and_not_for_ever():
    for waited_ms, broken in ((3_000, []), (4_000, [("HC-1", "stale-entry")])):
        desk = Desk()
        desk.opened("1")
        desk.fault("drop", at="desk>valkey ZREM line #1", leg="request")
        desk.ticket("1", "done")
        for _ in range(waited_ms // 100):
            desk.let_pass(99)
            desk._add("phase", "harness", "busy")
        assert breaches(desk) == broken
