"""GW-3 and GW-6 at a foreign door, red and green: desks that are there, dead, unlisted, and back."""

import pytest

from tests.unit.gateway.door import Door, breaches, exercised, findings

OLD = "/desks/old/b"


def test_desks_that_take_turns_are_even():
    door = Door()
    for turn in range(7):
        door.served(desk=("east", "west")[turn % 2])
    assert breaches(door) == []
    assert exercised(door, "GW-3")["each in its turn"] == 1


def test_a_desk_that_gets_more_than_its_turn_makes_it_uneven():
    door = Door()
    for desk in ("east", "east", "west", "east"):
        door.served(desk=desk)
    (found,) = findings(door)
    assert (found.promise, found.anomaly) == ("GW-3", "uneven")
    assert found.message == "of what door-a sent 3 went to east and 1 to west"


def test_each_instance_of_the_door_has_its_own_turns():
    door = Door()
    for via in ("door-a", "door-b"):
        door.served(via=via)
    assert breaches(door) == []


@pytest.mark.parametrize("after_ms", [0, 400])
def test_a_desk_that_may_have_been_taken_for_dead_is_passed_over_for_a_while(after_ms):
    door = Door()
    known = door.ask()
    door.see(known, "east")
    door.let_pass(after_ms)
    door.answer(known)
    for _ in range(2):
        door.served()
    assert breaches(door) == ([] if after_ms else [("GW-3", "uneven")])


@pytest.mark.parametrize(("under_way", "broken"), [(True, []), (False, [("GW-3", "uneven")])])
def test_a_request_that_is_under_way_when_something_goes_wrong_may_have_had_its_turn(under_way, broken):
    door = Door()
    door.served()
    known = door.ask() if under_way else ""
    door.served()
    door.fault("partition", sender="door", receiver="valkey", for_ms=9_000)
    if under_way:
        door.see(known, "west")
        door.answer(known)
    assert breaches(door) == broken


def test_a_desk_that_was_taken_off_the_list_gets_nothing_once_that_is_known():
    for wait_ms, broken in ((100, []), (400, [("GW-3", "sent-to-unlisted")])):
        door = Door()
        door.roster("east", on=False)
        door.let_pass(wait_ms)
        door.served()
        assert breaches(door) == broken


def test_one_that_is_put_on_it_again_or_perhaps_was_not_taken_off_gets_its_share():
    door = Door()
    door.roster("east", on=False)
    door.let_pass(400)
    door.roster("east", on=True)
    door.let_pass(400)
    door.served()
    assert breaches(door) == []
    other = Door()
    other.roster("east", on=False, kind="info")
    other.let_pass(400)
    other.served()
    assert breaches(other) == []


@pytest.mark.parametrize("about", [{"sender": "door", "receiver": "clerk"}, {"service": "door-a"}])
def test_a_door_that_may_not_have_heard_of_the_list_is_not_judged_by_it(about):
    door = Door()
    door.roster("east", on=False)
    door.let_pass(400)
    door.fault("partition", **about, for_ms=200)
    door.let_pass(300)
    door.served()
    assert breaches(door) == []


def dead(door, *desks):
    for desk in desks:
        door.loses_power(desk)
        door.fault("crash", service=desk, down_ms=60_000)


@pytest.mark.parametrize(("after_ms", "broken"), [(300, []), (600, [("GW-3", "dead-instance")])])
def test_a_dead_desk_is_passed_over_once_that_had_to_be_seen(after_ms, broken):
    door = Door()
    dead(door, "east")
    door.let_pass(after_ms)
    door.refused(503)
    door.let_pass(1_000)
    assert breaches(door) == broken


def test_a_desk_that_is_cut_off_from_one_door_alone_says_nothing():
    for sender, broken in (("door", [("GW-3", "dead-instance")]), ("door-a", [])):
        door = Door()
        door.fault("partition", sender=sender, receiver="east", for_ms=9_000)
        door.let_pass(600)
        door.refused(503)
        assert breaches(door) == broken


@pytest.mark.parametrize(
    ("status", "after_ms", "broken"),
    [
        (503, 100, []),
        (429, 100, []),
        (503, 900, ["hangs"]),
        (200, 900, ["hangs"]),
        (None, 100, ["hangs"]),
        (500, 100, ["wrong-status"]),
        (404, 100, ["wrong-status"]),
    ],
)
def test_when_no_desk_is_there_the_answer_is_503_at_once(status, after_ms, broken):
    door = Door()
    dead(door, "cellar")
    door.let_pass(200)
    door.refused(status, OLD, after_ms=after_ms)
    door.let_pass(1_000)
    gw_6 = [anomaly for promise, anomaly in breaches(door) if promise == "GW-6"]
    assert gw_6 == broken


@pytest.mark.parametrize(("back_after_ms", "broken"), [(400, []), (900, [("GW-6", "hangs")])])
def test_one_that_waited_for_too_long_hung_even_if_a_desk_was_back_in_the_end(back_after_ms, broken):
    door = Door()
    dead(door, "cellar")
    door.let_pass(200)
    known = door.ask(OLD)
    door.let_pass(back_after_ms)
    door.is_back("cellar")
    door.let_pass(900 - back_after_ms)
    door.see(known, "cellar")
    door.answer(known)
    assert breaches(door) == broken


def test_other_routes_are_served_while_a_desk_is_dead():
    door = Door()
    dead(door, "cellar")
    door.let_pass(200)
    door.refused(503)
    assert breaches(door) == [("GW-6", "spreads")]


def test_what_else_is_wrong_excuses_an_answer():
    door = Door()
    dead(door, "cellar")
    door.let_pass(200)
    door.fault("partition", sender="door", receiver="valkey", for_ms=5_000)
    door.refused(503)
    assert breaches(door) == []


@pytest.mark.parametrize(("after_ms", "broken"), [(500, []), (1_200, [("GW-6", "not-back")])])
def test_a_desk_that_is_back_gets_its_share_within_the_declared_time(after_ms, broken):
    door = Door()
    door.loses_power("cellar")
    door.let_pass(300)
    door.is_back("cellar")
    door.let_pass(after_ms)
    door.refused(503, OLD)
    assert breaches(door) == broken


def test_while_nothing_was_ever_wrong_each_is_served():
    door = Door()
    door.refused(None)
    assert breaches(door) == [("GW-6", "not-served")]
