"""GW-7 at a foreign door, red and green: three at once of each visitor, and one a second."""

from tests.unit.gateway.door import Door, breaches, exercised, findings


def rush(door, number, **more):
    for _ in range(number):
        door.served(who="ann", desk="cellar", path="/desks/old/b", **more)


def test_as_many_as_the_limit_allows_pass():
    door = Door()
    rush(door, 3)
    door.let_pass(1_000)
    rush(door, 1)
    door.refused(429, who="ann")
    assert breaches(door) == []
    assert exercised(door, "GW-7")["no more than the limit passes"] == 1


def test_one_more_is_over_the_limit():
    door = Door()
    rush(door, 4)
    (found,) = findings(door)
    assert (found.promise, found.anomaly) == ("GW-7", "over-the-limit")
    assert found.message == "4 requests of ann passed in 210 ms, and the limit allows 3"


def test_others_have_a_limit_of_their_own():
    door = Door()
    rush(door, 3)
    door.served(who="bob", desk="cellar", path="/desks/old/b")
    assert breaches(door) == []


def test_a_store_that_was_lost_meanwhile_has_forgotten_what_was_taken():
    for store, broken in (("valkey", []), ("other", [("GW-7", "over-the-limit")])):
        door = Door()
        rush(door, 3)
        door.fault("cache_loss", service=store)
        rush(door, 3)
        assert breaches(door) == broken


def test_one_that_sent_little_is_not_refused():
    door = Door()
    rush(door, 2)
    door.refused(429, who="ann")
    assert breaches(door) == [("GW-7", "limited-early")]


def test_a_bucket_that_had_the_time_is_full_again():
    for wait_ms, broken in ((2_000, []), (3_300, [("GW-7", "limited-early")])):
        door = Door()
        rush(door, 3)
        door.let_pass(wait_ms)
        door.refused(429, who="ann")
        assert breaches(door) == broken
