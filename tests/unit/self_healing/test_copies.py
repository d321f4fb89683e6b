"""HC-2 on a foreign desk: what is answered and filled in once a write was answered, and how old it may be in calm."""

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.self_healing.clauses import SELF_HEALING_RULES
from tests.unit.self_healing.desk import KNOBS, ROLES, Desk, breaches, findings


def changed(gone=True):
    """Open a ticket, have it read into a copy, and change it."""
    desk = Desk()
    desk.opened("1")
    desk.copy("1")
    desk.read("1")
    desk.write("1", gone=gone, topic="fan")
    desk.let_pass(150)
    return desk


def test_what_is_read_after_a_write_says_what_was_written():
    desk = changed()
    desk.copy("1", topic="fan")
    desk.read("1", topic="fan")
    assert breaches(desk) == []


def test_an_older_answer_after_a_write_is_stale_and_allowed_where_copies_expire():
    desk = changed()
    desk.read("1")
    (found,) = findings(desk)
    assert (found.promise, found.anomaly, found.off_profile) == ("HC-2", "stale-after-write", "fill=expires")
    assert found.message == "read of 1 says what was so before a change that had been answered"
    assert breaches(desk, fill="expires") == []


def test_an_older_answer_is_no_breach_while_the_invalidation_is_not_known_to_have_come_about():
    desk = changed(gone=False)
    desk.read("1")
    assert breaches(desk) == []


def test_a_fill_with_what_was_so_before_a_write_is_told_though_it_is_never_read():
    desk = changed()
    desk.copy("1")
    assert breaches(desk) == [("HC-2", "stale-fill")]
    assert breaches(desk, fill="checked") == []


def test_a_fill_that_is_told_a_moment_later_than_it_happened_is_no_breach():
    desk = Desk()
    desk.opened("1")
    desk.write("1", topic="fan")
    desk.copy("1")
    assert breaches(desk) == []


def test_of_two_writes_at_once_either_may_be_the_last():
    desk = Desk()
    desk.opened("1")
    first = desk._add("invoke", "client", "write", {"no": "1"})
    second = desk._add("invoke", "client", "write", {"no": "1"})
    desk.ticket("1", topic="fan")
    desk._add("ok", "client", "write", {"gone": True}, ref=first)
    desk.ticket("1", topic="cpu")
    desk._add("ok", "client", "write", {"gone": True}, ref=second)
    desk.let_pass(150)
    desk.read("1", topic="fan")
    assert breaches(desk) == []


def test_a_question_is_asked_before_an_answer_that_comes_later_in_the_same_millisecond():
    desk = Desk()
    desk.opened("1")
    writing = desk._add("invoke", "client", "write", {"no": "1"})
    desk.ticket("1", topic="fan")
    reading = desk._add("invoke", "client", "read", {"no": "1"})
    desk.let_pass(-1)
    desk._add("ok", "client", "write", {"gone": True}, ref=writing)
    desk._add("ok", "client", "read", {"s": "open", "t": "disk"}, ref=reading)
    assert breaches(desk) == []


def deleted(no="1"):
    """Open a ticket, have it read into a copy, and delete its row."""
    desk = Desk()
    desk.opened(no)
    desk.copy(no)
    desk.read(no)
    writing = desk._add("invoke", "client", "write", {"no": no})
    row = {"no": no, "state": "open", "topic": "disk", "seq": int(no)}
    desk.commit(("delete", "ticket", row), db="desk", by="desk-1")
    desk._add("ok", "client", "write", {"gone": True}, ref=writing)
    desk.remove(no)
    desk.let_pass(150)
    return desk


def test_a_row_that_was_deleted_is_not_read_any_more_and_its_copy_is_not_filled_in():
    desk = deleted()
    desk.op("read", result={}, no="1")
    desk.store("SET", "t/1", "{}")
    assert breaches(desk) == []
    desk.read("1")
    assert breaches(desk) == [("HC-2", "stale-after-write")]
    other = deleted()
    other.copy("1")
    assert breaches(other) == [("HC-2", "stale-fill")]


def test_an_answer_that_there_is_no_such_row_is_right_until_it_is_there_and_no_longer_than_copies_may_be_old():
    desk = Desk()
    desk.op("read", result={}, no="1")
    reading = desk._add("invoke", "client", "read", {"no": "1"})
    desk.opened("1")
    desk._add("ok", "client", "read", {}, ref=reading)
    assert breaches(desk) == []
    desk.let_pass(600)
    desk.op("read", result={}, no="1")
    assert breaches(desk) == [("HC-2", "stale-copy")]


def test_an_answer_that_was_never_so_was_never_committed():
    desk = changed()
    desk.read("1", topic="gpu")
    assert breaches(desk) == [("HC-2", "never-committed")]


def test_an_answer_that_is_older_than_declared_in_calm_is_a_stale_copy():
    desk = changed(gone=False)
    desk.let_pass(600)
    desk.read("1")
    assert breaches(desk) == [("HC-2", "stale-copy")]
    fault = changed(gone=False)
    fault.let_pass(600)
    fault.fault("drop", at="desk>valkey DEL t/1 #1", leg="request")
    fault.read("1")
    assert breaches(fault) == []


def test_a_copy_that_is_no_json_says_nothing():
    desk = changed()
    desk.store("SET", "t/1", "not json")
    assert breaches(desk) == []


def test_what_is_not_declared_is_not_claimed():
    for without, promise in (("Queue", "HC-1"), ("Seating", "HC-3"), ("Lookup", "HC-2"), ("Copy", "HC-2")):
        roles = tuple(role for role in ROLES if type(role).__name__ != without)
        assert promise in {
            one.promise for one in judged(Mapping(roles, settings=KNOBS), SELF_HEALING_RULES).not_claimed
        }
    none = judged(Mapping(ROLES, knobs=frozenset()), SELF_HEALING_RULES)
    assert {one.promise for one in none.not_claimed} == {"HC-1", "HC-2", "HC-3", "HC-4"}
