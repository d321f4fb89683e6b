"""Money as numeric columns and JSON write it: it balances to the cent, and what is no number is never 0."""

import msgspec
import pytest

from shaketable.checker import judge
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable_patterns.saga.clauses import SAGA_RULES
from tests.unit.saga_roles.trips import ASK, SAGA, Trips, breaches, findings


def a_trip(price: object, paid: object, back: object = None) -> Trips:
    trips = Trips()
    trips.ask(price=price)
    trips.pay(cents=paid)
    if back is None:
        trips.hold()
        trips.visa()
        trips.stage(7, "booked", price=price)
    else:
        trips.debit("returning", verb="insert")
        trips.stage(7, "backing-out", price=price)
        trips.pay_back(cents=back)
        trips.debit("returned")
        trips.stage(7, "called-off", price=price)
    return trips


@pytest.mark.parametrize(
    ("price", "paid", "back"),
    [
        ("90.10", 90.1, None),
        ("90.10", "90.1", None),
        ("90.00", 90, None),
        ("0.30", 0.3, "0.3"),
        (90, "90.00", 90.0),
    ],
)
def test_equal_amounts_balance_however_they_are_written(price, paid, back):
    assert breaches(a_trip(price, paid, back)) == []


@pytest.mark.parametrize(
    ("price", "paid", "back", "broken", "said"),
    [
        ("90.10", "90.11", None, ("SG-2", "double-charge"), "90.11 paid for 7, which asked for 90.1"),
        ("90.10", "90.09", None, ("SG-2", "partial-charge"), "90.09 of 90.1 stay paid for 7"),
        ("90.10", "90.10", "90.09", ("SG-1", "money-kept"), ""),
        ("90.10", "90.10", "90.11", ("SG-2", "over-refund"), ""),
    ],
)
def test_a_cent_too_much_or_too_little_is_told(price, paid, back, broken, said):
    assert broken in breaches(a_trip(price, paid, back))
    assert any(said in finding.message for finding in findings(a_trip(price, paid, back)))


@pytest.mark.parametrize(
    ("trips", "field"),
    [
        (a_trip("90.10", "EUR 90.10"), "amount of a call of bank's debits: field.cents is 'EUR 90.10'"),
        (a_trip("90.10", None), "amount of a call of bank's debits: field.cents is null or not there"),
        (a_trip("ninety", 90), "saga.steps.pay.amount: col.price is 'ninety'"),
    ],
)
def test_an_amount_that_is_no_number_makes_promises_unknown_and_names_the_field(trips, field):
    claims = judged(Mapping((SAGA, ASK)), SAGA_RULES)
    judgements = judge(claims.checkers, trips.quiet(), Profile("trips", {}))
    money = [one for one in judgements if one.promise == "SG-2"]
    assert [(one.reason.kind, one.verdict.name, one.findings) for one in money] == [
        ("unreadable", "UNKNOWN", ())
    ]
    assert field in money[0].unknown
    assert not [one for one in judgements if one.findings]


def test_a_quantity_that_is_no_number_is_named_too():
    role = msgspec.structs.replace(
        SAGA, conserved=(msgspec.structs.replace(SAGA.conserved[0], parts=("col.free", "col.name")),)
    )
    trips = Trips()
    trips.book()
    claims = judged(Mapping((role, ASK)), SAGA_RULES)
    judgements = judge(claims.checkers, trips.quiet(), Profile("trips", {}))
    assert [
        one.unknown
        for one in judgements
        if "saga.conserved of hotel.town, parts: col.name is 'Ulm'" in one.unknown
    ]
