"""SG-6 and SG-8 of orchestrators: one process drives an instance, and after a crash one of them goes on with it."""

import msgspec

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable_patterns.saga.clauses import SAGA_RULES
from tests.unit.saga_roles.trips import ASK, DESK, REDRIVE, SAGA, Trips, breaches

FORWARD, BACK = "what was under way goes on", "an undo that was under way goes on"


def exercised(trips, clause):
    found = judged(Mapping((SAGA, ASK)), SAGA_RULES)
    judgements = [
        one for checker in found.checkers for one in checker.check(trips.quiet(), Profile("trips", {}))
    ]
    return {name: count for judgement in judgements for name, count in judgement.clauses}[clause]


def a_trip_under_way():
    trips = Trips()
    trips.ask()
    trips.course("desk-1", 0, verb="insert")
    trips.course("desk-1", 1)
    trips.pay()
    return trips


def test_a_trip_that_stays_where_the_crash_met_it_was_not_resumed():
    trips = a_trip_under_way()
    trips.crash("desk-1")
    assert ("SG-8", "not-resumed") in breaches(trips)


def test_a_trip_that_another_process_goes_on_with_is_resumed():
    trips = a_trip_under_way()
    trips.crash("desk-1")
    trips.course("desk-2", 2)
    trips.hold()
    trips.visa()
    trips.stage(7, "booked")
    assert breaches(trips) == []
    assert exercised(trips, FORWARD) == 1
    assert exercised(trips, BACK) == 0


def test_a_crash_of_another_service_or_after_the_end_says_nothing():
    trips = a_trip_under_way()
    trips.crash("hotel")
    assert breaches(trips) == [("SG-5", "stranded-saga")]
    ended = Trips()
    ended.book()
    ended.crash("desk-1")
    assert breaches(ended) == []
    assert exercised(ended, FORWARD) == 0


def going_back():
    trips = a_trip_under_way()
    trips.hold()
    trips.stage(7, "backing-out")
    trips.let_go()
    trips.crash("desk-2")
    return trips


def test_a_trip_that_is_half_undone_must_be_undone_after_the_crash():
    assert ("SG-8", "undo-not-resumed") in breaches(going_back())
    trips = going_back()
    trips.pay_back()
    trips.stage(7, "called-off")
    assert breaches(trips) == []
    assert (exercised(trips, FORWARD), exercised(trips, BACK)) == (0, 1)


def test_a_trip_that_waits_visibly_after_the_crash_is_still_open():
    trips = a_trip_under_way()
    trips.crash("desk-1")
    trips.park()
    assert breaches(trips) == []


def test_a_process_that_stalled_writes_nothing_once_another_has_claimed_the_trip():
    trips = a_trip_under_way()
    trips.course("desk-2", 2)
    trips.course("desk-1", 2)
    trips.hold()
    trips.visa()
    trips.stage(7, "booked")
    assert breaches(trips) == [("SG-6", "written-by-two")]


def test_who_claims_a_trip_may_write_it_until_the_next_claim():
    trips = a_trip_under_way()
    for by, turn in (("desk-1", 1), ("desk-2", 2), ("desk-2", 2), ("desk-1", 3), ("desk-1", 3), ("", 3)):
        trips.course(by, turn)
    trips.course("sweeper", 3, verb="delete")
    trips.hold()
    trips.visa()
    trips.stage(7, "booked")
    assert breaches(trips) == []
    assert exercised(trips, "an instance is driven by one process") == 2


def test_where_no_epoch_is_declared_who_writes_is_not_judged():
    trips = a_trip_under_way()
    trips.course("desk-2", 2)
    trips.course("desk-1", 2)
    silent = msgspec.structs.replace(SAGA, drivers=(msgspec.structs.replace(DESK, epoch=""),))
    assert breaches(trips, silent) == [("SG-5", "stranded-saga")]


def test_a_letter_of_the_orchestrator_itself_is_ended_by_a_redrive_in_calm():
    def parked_by(desk):
        trips = a_trip_under_way()
        trips.commit(("insert", "parked", {"msg": "m1", "trip": 7, "fixed": False}), db="money", by="money")
        trips.append("pager", {"msg": "m1"})
        trips.later(60_000)
        trips.op("fix")
        own = msgspec.structs.replace(DESK, files=desk)
        return breaches(trips, msgspec.structs.replace(SAGA, drivers=(own,)), REDRIVE)

    assert parked_by("money") == [("SG-5", "redriven-in-vain")]
    assert parked_by("desk") == []
