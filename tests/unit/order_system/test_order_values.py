"""Odd values are distinct where a careless service takes them for the same, and every server and HTTP can carry them."""

from __future__ import annotations

import unicodedata
from itertools import combinations

import pytest

from shaketable.explore.generate.machine import boundaries_of
from shaketable.fault import Drop
from shaketable.runner import crossed, execute
from shaketable.schedule import Do, Inject, Schedule, Wait
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.order_system.machines.near_requests import near_requests, other_request
from shaketable_patterns.order_system.machines.odd_values import IDENTIFIERS, ITEMS, KEYS, PAIRS
from shaketable_patterns.order_system.machines.values import Values, order_value

NUMBERS = range(1, 25)
SUBJECTS = {subject.name: subject for subject in order_subjects()}
PICKS = range(0, 2**32, 2**32 // 5_003)


@pytest.mark.parametrize("family", [*KEYS, *(texts for pair in PAIRS for texts in pair)])
def test_a_family_has_as_many_names_as_a_run_needs_and_all_can_be_carried(family) -> None:
    names = [family(number) for number in NUMBERS]
    assert len(set(names)) == len(names)
    for name in names:
        assert name.encode("utf-8").strip() == name.encode("utf-8") != b""
        assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name)


def test_the_names_of_events_leave_room_for_the_event() -> None:
    texts = [*IDENTIFIERS, *(texts for pair in PAIRS for texts in pair)]
    assert max(len(family(number)) for family in texts for number in NUMBERS) < 80


def test_a_pair_reads_the_same_wherever_it_is_parted() -> None:
    for separator, (first, second) in zip(("", *"-/:|"), PAIRS, strict=True):
        rows = {f"{first(number)}{separator}{second(number)}" for number in range(1, 20)}
        assert len(rows) == 1


def test_every_mistake_in_comparing_has_a_family_that_it_confuses() -> None:
    careless = {
        "no case": str.lower,
        "ASCII only": lambda text: text.encode("ascii", "ignore").decode(),
        "32 characters": lambda text: text[:32],
        "36 characters": lambda text: text[:36],
        "64 characters": lambda text: text[:64],
        "no blanks": lambda text: text.replace(" ", ""),
        "composed": lambda text: unicodedata.normalize("NFC", text),
        "no accents": lambda text: unicodedata.normalize("NFD", text).encode("ascii", "ignore"),
        "letters and digits": lambda text: "".join(c if c.isalnum() else "-" for c in text),
        "a whole number": lambda text: int(text) if text.isdecimal() else text,
        "a float": lambda text: float(text) if text.isdecimal() else text,
    }
    for name, read in careless.items():
        confused = [
            family
            for family in IDENTIFIERS
            if any(read(family(one)) == read(family(other)) for one, other in combinations(range(1, 5), 2))
        ]
        assert confused, name


def test_three_runs_of_ten_are_odd_and_the_others_plain() -> None:
    drawn = [Values.drawn(pick) for pick in PICKS]
    assert 0.27 < sum(values.is_odd for values in drawn) / len(drawn) < 0.33
    assert all(values.order(2, 1) == order_value(2, 1) for values in drawn if not values.is_odd)


def test_every_field_is_odd_in_some_runs() -> None:
    drawn = [Values.drawn(pick).order(1, 7) for pick in PICKS]
    for field in ("order", "item", "quantity", "amount", "key"):
        assert len({str(order[field]) for order in drawn}) > 1, field
    assert {order["item"] for order in drawn} & {*ITEMS}


def test_a_fault_is_at_the_message_of_the_order_as_it_is_called() -> None:
    values = Values({"order": lambda n: f"o {n}/x"})
    fault = Drop(at="relay>kafka PRODUCE order-events/o2 #1", leg="request")
    assert values.called(fault) == Drop(at="relay>kafka PRODUCE order-events/o_2/x #1", leg="request")
    elsewhere = Drop(at="relay>postgres COMMIT outbox #1", leg="request")
    assert values.called(elsewhere) == elsewhere


def test_near_requests_are_other_requests_of_every_kind() -> None:
    value = {"order": "o1", "item": "red-apple é", "quantity": 12, "amount": 10, "key": "k1"}
    kinds = near_requests(value)
    assert len(kinds) == 7
    assert all(near != value and near["key"] == "k1" for kind in kinds for near in kind)
    for moved in kinds[0]:
        changed = [field for field in value if moved[field] != value[field]]
        assert len(changed) == 2


@pytest.mark.parametrize("joined", ["amount item order quantity", "order item quantity amount"])
def test_some_near_requests_read_the_same_in_a_row(joined) -> None:
    value = {"order": "o1", "item": "apple", "quantity": 12, "amount": 10, "key": "k1"}

    def row(request) -> str:
        return "".join(str(request[field]) for field in joined.split())

    assert sum(row(near) == row(value) for near in near_requests(value)[0]) > 1


def test_another_request_is_another_one_whatever_is_drawn() -> None:
    value = order_value(1, 0)
    for pick in PICKS:
        for near in (False, True):
            assert repr(other_request(value, pick, near=near)) != repr(value)  # True is 1, and no quantity


@pytest.mark.parametrize("family", ["order-saga", "order-outbox", "order-consumer", "order-dead-letters"])
def test_the_troubled_workload_adds_what_no_calm_run_crosses(family) -> None:
    subject, world = SUBJECTS[f"{family}/hardened"], SimWorld()
    calm = crossed(world, subject, subject.pattern.workload(subject))
    found = boundaries_of(subject, world)
    assert found[: len(calm)] == calm
    added = {str(boundary.route) for boundary in found[len(calm) :]}
    assert any("dead-letters/" in route for route in added)
    assert any("dead_letters" in route or "outbox" in route for route in added)


def test_a_request_that_is_wrong_in_itself_says_nothing_of_its_key() -> None:
    subject = SUBJECTS["order-consumer/hardened"]
    right = order_value(1, 0)
    steps = (
        Inject(Drop(at="order>postgres COMMIT idempotency #1", leg="reply")),
        Do("place", right),
        Wait(2_000),
        Do("place_other", right | {"quantity": 0}),
        Wait(10_000),
    )
    outcome = execute(SimWorld(), subject, Schedule(subject.name, steps))
    assert [op.outcome for op in outcome.history.ops()] == ["info", "fail"]
    assert outcome.findings == []
