"""GW-1, GW-2, GW-4 and GW-5 at a foreign door, red and green: who passes, where to, how often, and in whose name."""

import pytest

from tests.unit.gateway.door import Door, breaches, exercised, findings


def test_what_is_right_breaks_nothing_and_counts():
    door = Door()
    door.served()
    door.served("/desks/old/b", "cellar", verb="lend")
    door.refused(401, **{"pass": "forged"})
    door.refused(404, "/attic")
    assert breaches(door) == []
    told = (
        exercised(door, "GW-1") | exercised(door, "GW-2") | exercised(door, "GW-4") | exercised(door, "GW-5")
    )
    assert told == {
        "no request with a bad token passes": 1,
        "a good token is accepted": 3,
        "a request goes where its path says": 2,
        "a path of no route is not answered": 1,
        "what must not be repeated is sent once": 1,
        "who sent it is said by the gateway alone": 2,
    }


def test_a_forged_pass_that_a_desk_sees_has_passed_even_if_the_answer_is_no():
    door = Door()
    known = door.ask(**{"pass": "forged"})
    door.see(known)
    door.answer(known, 401)
    (found,) = findings(door)
    assert (found.promise, found.anomaly) == ("GW-1", "bad-token-passed")
    assert found.message == "east saw 1, whose token has to be refused"


def test_a_forged_pass_that_is_answered_by_the_door_itself_is_answered():
    door = Door()
    door.refused(200, **{"pass": "forged"})
    assert breaches(door) == [("GW-1", "bad-token-answered")]


@pytest.mark.parametrize("status", [401, 403])
def test_a_real_pass_is_not_refused(status):
    door = Door()
    door.refused(status)
    assert ("GW-1", "good-token-refused") in breaches(door)


def test_a_pass_of_which_either_may_be_said_is_judged_neither_way():
    for status in (200, 401):
        door = Door()
        door.refused(status, **{"pass": "worn"})
        assert breaches(door) == []


def test_the_most_specific_route_is_the_one():
    door = Door()
    door.served("/desks/old/b", "east")
    (found,) = findings(door)
    assert (found.promise, found.anomaly) == ("GW-2", "misrouted")
    assert found.message == "east saw 1, sent to /desks/old/b, which is not its route"


def test_a_prefix_ends_where_a_word_ends():
    door = Door()
    door.served("/desksides", "east")
    assert ("GW-2", "misrouted") in breaches(door)
    assert ("GW-2", "unknown-answered") in breaches(door)


@pytest.mark.parametrize(
    "sent", ["/attic/../desks/old/b", "/desks/%6Fld/b", "//desks/./old/b", "/desks;x/old/b"]
)
def test_a_path_that_is_read_once_goes_where_that_says_and_may_be_refused(sent):
    door = Door()
    known = door.ask(sent)
    door.see(known, "cellar", path="/desks/old/b")
    door.answer(known)
    door.refused(400, sent)
    assert breaches(door) == []


@pytest.mark.parametrize(
    ("sent", "desk", "path"),
    [
        ("/desks/%252e%252e/attic/../desks/old/b", "cellar", "/desks/old/b"),
        ("/desks/%256Fld/b", "cellar", "/desks/old/b"),
        ("/desks/../desks/old/b", "east", "/desks/../desks/old/b"),
    ],
)
def test_a_path_that_is_read_twice_or_not_at_all_goes_elsewhere(sent, desk, path):
    door = Door()
    known = door.ask(sent)
    door.see(known, desk, path=path)
    door.answer(known)
    assert breaches(door) == [("GW-2", "misrouted")]


def test_a_desk_that_is_asked_for_something_else_is_asked_for_what_was_not_sent():
    door = Door()
    known = door.ask("/desks/a")
    door.see(known, path="/desks/c")
    door.answer(known)
    (found,) = findings(door)
    assert (found.promise, found.anomaly) == ("GW-2", "path-changed")


def test_what_must_not_be_repeated_is_seen_once_and_what_may_be_is_seen_as_often_as_it_comes():
    for verb, broken in (("lend", [("GW-4", "sent-twice")]), ("read", [])):
        door = Door()
        known = door.ask(verb=verb)
        door.see(known, "east")
        door.see(known, "west")
        door.answer(known)
        assert breaches(door) == broken


def test_a_message_that_a_fault_doubled_on_its_way_excuses_one():
    for at, broken in (
        ("client>door POST /desks/a #1", []),
        ("door>east POST /desks/a #1", []),
        ("east>shelf POST /a #1", [("GW-4", "sent-twice")]),
    ):
        door = Door()
        known = door.ask(verb="lend")
        door.fault("duplicate", at=at)
        door.see(known, "east")
        door.see(known, "east")
        door.answer(known)
        assert breaches(door) == broken


def test_a_message_is_doubled_when_that_lands_and_not_when_it_was_armed():
    door = Door()
    armed = door.arm("duplicate", at="client>door POST /desks/a #1")
    known = door.ask(verb="lend")
    door.lands(armed, "duplicate")
    for _ in range(2):
        door.see(known, "east")
    door.answer(known)
    again = door.ask(verb="lend")
    for _ in range(2):
        door.see(again, "east")
    door.answer(again)
    (found,) = findings(door)
    assert (found.anomaly, found.about) == ("sent-twice", (again,))


@pytest.mark.parametrize(
    ("who", "anomaly"),
    [("keeper", "identity-from-outside"), ("v1, keeper", "identity-from-outside"), ("", "identity-lost")],
)
def test_whom_a_desk_may_take_for_another_than_who_came_is_told_from_outside(who, anomaly):
    door = Door()
    known = door.ask()
    door.see(known, who=who)
    door.answer(known)
    assert breaches(door) == [("GW-5", anomaly)]
