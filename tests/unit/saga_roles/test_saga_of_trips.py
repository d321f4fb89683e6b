"""The saga's promises over a system of other names: what is right breaks nothing, what is wrong its own promise."""

import msgspec
import pytest

from shaketable.mapping.roles import Becomes
from tests.unit.saga_roles.trips import PAY, SAGA, TRIPS, Trips, breaches, findings


def a_trip_called_off():
    trips = Trips()
    trips.ask()
    trips.pay()
    trips.debit("taken", verb="insert")
    trips.hold()
    trips.stage(7, "backing-out")
    trips.let_go()
    trips.debit("returning")
    trips.pay_back()
    trips.debit("returned")
    trips.stage(7, "called-off")
    return trips


def test_trips_that_are_booked_and_called_off_break_nothing():
    assert breaches(a_trip_called_off()) == []
    trips = a_trip_called_off()
    trips.book(8)
    trips.entry("post", "cards", trip=8, text="Enjoy Ulm")
    trips.entry("post", "cards", trip=7, text="Sorry")
    trips.given_twice(8, "hotel-2")
    assert breaches(trips, compensate_failed_step=False, after_failing_compensation="stop") == []


def test_a_branch_in_work_may_complete_after_another_began_to_go_back():
    trips = Trips()
    trips.ask()
    trips.pay()
    trips.append("hotel.full", {"trip": 7})
    trips.stage(7, "backing-out")
    trips.visa()
    trips.visa(what="revoked")
    trips.pay_back()
    trips.stage(7, "called-off")
    assert breaches(trips) == []


def test_branches_are_undone_in_any_order():
    def undone(*steps):
        trips = Trips()
        trips.ask()
        trips.pay()
        trips.hold()
        trips.visa()
        for step in steps:
            {"room": trips.let_go, "visa": lambda: trips.visa(what="revoked"), "pay": trips.pay_back}[step]()
        trips.stage(7, "called-off")
        return breaches(trips)

    assert undone("room", "visa", "pay") == undone("visa", "room", "pay") == []
    assert undone("visa", "pay", "room") == [("SG-3", "compensated-out-of-order")]


def test_a_trip_that_waits_visibly_is_still_open():
    def parked(alert):
        trips = Trips()
        trips.ask()
        trips.pay()
        trips.park(alert=alert)
        return breaches(trips)

    assert parked(alert=True) == []
    assert parked(alert=False) == [("SG-5", "stranded-saga")]


def test_rows_of_what_has_ended_may_be_swept_away():
    trips = a_trip_called_off()
    trips.debit("returned", verb="delete")
    trips.let_go(verb="delete", shelf=False)
    trips.stage(7, "called-off", verb="delete")
    assert breaches(trips) == []


def money_kept(trips):
    trips.ask()
    trips.pay()
    trips.debit("returning", verb="insert")
    trips.stage(7, "called-off")
    trips.debit("returned")


def room_kept(trips):
    trips.ask()
    trips.hold()
    trips.stage(7, "called-off")


def visa_kept(trips):
    trips.ask()
    trips.visa()
    trips.stage(7, "called-off")


def booked_for_nothing(trips):
    trips.ask()
    trips.stage(7, "booked")


def nights_set_aside_for_none(trips):
    trips.held, trips.free = 1, 4
    trips.book()


def paid_twice(trips):
    trips.book()
    trips.pay()


def paid_back_before(trips):
    trips.ask()
    trips.pay_back()


def paid_back_twice(trips):
    trips.ask()
    trips.pay()
    trips.pay_back()
    trips.pay_back()


def paid_in_part(trips):
    trips.ask()
    trips.pay(cents=40)


def a_night_too_few(trips):
    trips.ask()
    trips.hold(nights=1)


def two_holds(trips):
    trips.ask()
    trips.hold()
    trips.hold(no=99)


def two_visas(trips):
    trips.ask()
    trips.visa()
    trips.visa()


def more_nights_than_there_are(trips):
    trips.ask(nights=6)
    trips.hold(nights=6)


def nights_that_vanish(trips):
    trips.free = 4
    trips.ask()
    trips.hold()


def held_and_not_set_aside(trips):
    trips.ask()
    trips.hold(shelf=False)


def undone_by_delete(trips):
    trips.ask()
    trips.pay()
    trips.debit("taken", verb="insert")
    trips.pay_back()
    trips.debit("taken", verb="delete")


def an_end_that_is_left(trips):
    trips.book()
    trips.stage(7, "asked")


def back_and_forth(trips):
    trips.ask()
    trips.stage(7, "backing-out")
    trips.stage(7, "booked")


def paid_again_after_paying_back(trips):
    trips.ask()
    trips.pay()
    trips.pay_back()
    trips.pay()


def a_room_after_paying_back(trips):
    trips.ask()
    trips.pay()
    trips.pay_back()
    trips.hold()


def booked_before_the_room(trips):
    trips.ask()
    trips.pay()
    trips.visa()
    trips.stage(7, "booked")
    trips.hold()


def booked_before_the_visa(trips):
    trips.ask()
    trips.pay()
    trips.hold()
    trips.stage(7, "booked")
    trips.visa()


def called_off_while_paid(trips):
    trips.ask()
    trips.pay()
    trips.stage(7, "called-off")
    trips.pay_back()


def called_off_while_held(trips):
    trips.ask()
    trips.hold()
    trips.stage(7, "called-off")
    trips.let_go()


def a_trip_that_stays(trips):
    trips.ask()


def asked_for_and_gone(trips):
    trips.op("ask", trip=7)


def an_undo_that_stays(trips):
    trips.ask()
    trips.pay()
    trips.debit("returning", verb="insert")
    trips.stage(7, "called-off")


def paid_by_another(trips):
    trips.ask(7)
    trips.ask(8, price=50)
    trips.pay(8, cents=90)


def held_in_another_town(trips):
    trips.ask(7)
    trips.ask(8)
    trips.hold(8, town="Bonn", shelf=False)


def paid_for_none(trips):
    trips.ask(7)
    trips.pay(99)


def told_the_other_end(trips):
    trips.book()
    trips.entry("post", "cards", trip=7, text="We are sorry")


def held_by_two(trips):
    trips.ask()
    trips.hold()
    trips.given_twice(second="hotel-2")
    trips.hold(no=99)


def a_duplicate_that_holds_again(trips):
    trips.book()
    trips.given_twice()
    trips.hold(no=99)


def held_and_full(trips):
    trips.ask()
    trips.given_twice()
    trips.hold()
    trips.append("hotel.full", {"trip": 7})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (money_kept, ("SG-1", "money-kept")),
        (room_kept, ("SG-1", "stock-leaked")),
        (visa_kept, ("SG-1", "step-left-standing")),
        (booked_for_nothing, ("SG-1", "confirmed-without-charge")),
        (booked_for_nothing, ("SG-1", "confirmed-without-stock")),
        (booked_for_nothing, ("SG-1", "ended-without-step")),
        (nights_set_aside_for_none, ("SG-1", "stock-leaked")),
        (paid_twice, ("SG-2", "double-charge")),
        (paid_back_before, ("SG-2", "refund-before-charge")),
        (paid_back_twice, ("SG-2", "over-refund")),
        (paid_in_part, ("SG-2", "partial-charge")),
        (a_night_too_few, ("SG-2", "partial-reservation")),
        (two_holds, ("SG-2", "double-reservation")),
        (two_visas, ("SG-2", "step-done-twice")),
        (more_nights_than_there_are, ("SG-2", "oversold")),
        (nights_that_vanish, ("SG-2", "stock-not-conserved")),
        (held_and_not_set_aside, ("SG-2", "stock-not-conserved")),
        (undone_by_delete, ("SG-3", "compensated-by-delete")),
        (an_end_that_is_left, ("SG-4", "illegal-transition")),
        (back_and_forth, ("SG-4", "illegal-transition")),
        (back_and_forth, ("SG-4", "forward-after-compensation")),
        (paid_again_after_paying_back, ("SG-4", "forward-after-compensation")),
        (a_room_after_paying_back, ("SG-4", "forward-after-compensation")),
        (booked_before_the_room, ("SG-4", "confirmed-without-reservation")),
        (booked_before_the_visa, ("SG-4", "ended-before-step")),
        (called_off_while_paid, ("SG-4", "cancelled-before-refund")),
        (called_off_while_held, ("SG-4", "ended-before-undo")),
        (a_trip_that_stays, ("SG-5", "stranded-saga")),
        (asked_for_and_gone, ("SG-5", "lost-order")),
        (an_undo_that_stays, ("SG-5", "compensation-abandoned")),
        (paid_by_another, ("SG-6", "crossed-sagas")),
        (held_in_another_town, ("SG-6", "crossed-sagas")),
        (paid_for_none, ("SG-6", "effect-for-nobody")),
        (told_the_other_end, ("SG-6", "crossed-sagas")),
        (held_by_two, ("SG-6", "doubled-by-instances")),
        (a_duplicate_that_holds_again, ("SG-7", "duplicate-changed-state")),
        (held_and_full, ("SG-7", "contradictory-outcomes")),
    ],
)
def test_each_mistake_breaks_its_promise(wrong, told):
    trips = Trips()
    wrong(trips)
    assert told in breaches(trips)


def test_a_step_that_failed_is_believed_where_that_is_declared():
    def refused_and_paid_back():
        trips = Trips()
        trips.ask()
        trips.pay()
        trips.append("bank.said", {"trip": 7, "what": "no"})
        trips.pay_back()
        trips.stage(7, "called-off")
        return trips

    told = findings(refused_and_paid_back(), compensate_failed_step=False)
    assert [(one.anomaly, one.level) for one in told] == [("failed-step-compensated", "OFF-PROFILE")]
    assert breaches(refused_and_paid_back(), compensate_failed_step=True) == []


def given_up():
    trips = Trips()
    trips.ask()
    trips.pay()
    trips.stage(7, "backing-out")
    trips.park()
    return trips


def test_where_an_undo_was_given_up_a_saga_stops_or_goes_on_as_it_declares():
    def went_on():
        trips = given_up()
        trips.debit("returning", verb="insert")
        trips.stage(7, "called-off")
        return trips

    assert breaches(given_up(), after_failing_compensation="stop") == []
    assert breaches(went_on(), after_failing_compensation="go-on") == []
    (stopped,) = findings(given_up(), after_failing_compensation="go-on")
    assert (stopped.anomaly, stopped.off_profile) == (
        "stopped-at-failed-compensation",
        "after_failing_compensation=stop",
    )
    (on,) = findings(went_on(), after_failing_compensation="stop")
    assert (on.anomaly, on.level) == ("went-on-after-failed-compensation", "OFF-PROFILE")


def test_nothing_is_said_of_the_end_of_a_run_that_never_became_quiet():
    trips = Trips()
    money_kept(trips)
    a_trip_that_stays(trips)
    assert {promise for promise, _ in breaches(trips, quiet=False)}.isdisjoint({"SG-1", "SG-5", "SG-7"})


def test_messages_use_the_words_of_the_mapping():
    trips = Trips()
    money_kept(trips)
    assert "7 is called-off, yet 90 stay paid" in [one.message for one in findings(trips)]
    trips = Trips()
    visa_kept(trips)
    assert "7 is called-off, yet 1 stay done by visa" in [one.message for one in findings(trips)]


def test_effects_of_another_saga_of_the_same_system_are_no_strangers():
    other = msgspec.structs.replace(
        SAGA,
        name="cruises",
        instance=Becomes(msgspec.structs.replace(TRIPS, table="cruise"), of="col.nr"),
        conserved=(),
        tells=(),
        ops=("sail",),
    )
    trips = Trips()
    trips.book(7)
    for stage, verb in (("asked", "insert"), ("booked", "update")):
        trips.commit(
            (verb, "cruise", {"nr": 8, "stage": stage, "nights": 2, "price": 90, "town": "Ulm"}), db="travel"
        )
        if stage == "asked":
            trips.pay(8)
            trips.hold(8)
            trips.visa(8)
    mine = msgspec.structs.replace(SAGA, ops=("ask",))
    assert breaches(trips, mine, other) == []
    assert ("SG-6", "effect-for-nobody") in breaches(trips, mine)


def test_an_undo_without_an_amount_takes_back_what_was_done():
    credit = msgspec.structs.replace(PAY.undo, amount="")
    role = msgspec.structs.replace(SAGA, steps=(msgspec.structs.replace(PAY, undo=credit), *SAGA.steps[1:]))
    assert breaches(a_trip_called_off(), role) == []
    trips = Trips()
    paid_back_twice(trips)
    assert ("SG-2", "over-refund") in breaches(trips, role)


def test_what_began_before_the_run_is_not_judged_and_its_nights_come_back():
    trips = Trips()
    kept = {"no": 3, "trip": 3, "town": "Ulm", "nights": 2, "open": True}
    for table, rows, db in (
        ("trip", [{"nr": 3, "stage": "asked", "nights": 2, "price": 90, "town": "Ulm"}], "travel"),
        ("hold", [kept], "hotel"),
        ("town", [{"name": "Ulm", "free": 3, "held": 2}], "hotel"),
    ):
        trips._add("state", db, "rows", {"db": db, "table": table, "rows": rows})
    trips.free, trips.held = 3, 2
    trips.let_go(3)
    trips.pay_back(3)
    trips.stage(3, "called-off")
    trips.book(8)
    assert breaches(trips) == []
