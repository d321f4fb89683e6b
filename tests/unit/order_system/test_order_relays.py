"""The relays: nothing lost, nothing out of order, nothing marked that is not there."""

import pytest
from order_runs import place, poison, publish, run

from shaketable.fault import ClockStep, Crash, Cut, Drop, Hold, Pause
from shaketable.schedule import Inject, Wait

LOCKED = "order-outbox/hardened"
SKIP_LOCKED = "order-outbox/hardened-skip-locked"
BOTH = pytest.mark.parametrize("name", [LOCKED, SKIP_LOCKED])


def types_of(ran, order):
    """Return the event types of `order` on its topic by first appearance."""
    return list(dict.fromkeys(e["type"] for e in ran.appended("order-events") if e["order"] == order))


@BOTH
def test_more_orders_than_a_batch_are_all_published(name):
    ran = run(name, [place(n) for n in range(1, 8)])
    assert len(ran.appended("order-events")) == 7
    assert {row["status"] for row in ran.table("order", "outbox")} == {"SENT"}
    assert max(e["rows"] for e in ran.effects("poll")) == 3  # the configured batch


@BOTH
@pytest.mark.parametrize("leg", ["request", "reply"])
@pytest.mark.parametrize("kind", [Drop, Cut])
def test_an_unconfirmed_event_is_published_again_before_its_successor(name, kind, leg):
    lost = kind(at="relay>kafka PRODUCE order-events/o1 #1", leg=leg)
    ran = run(name, [Inject(lost), place(1), Wait(200), publish("e1", "InventoryReserved", "o1")])
    assert types_of(ran, "o1") == ["OrderCreated", "OrderConfirmed"]
    assert {row["status"] for row in ran.table("order", "outbox")} == {"SENT"}


def test_the_other_relay_takes_over_when_the_lease_of_a_dead_one_is_over():
    ran = run(LOCKED, [place(1), Wait(4_000), Inject(Crash(service="relay-1", down_ms=60_000)), place(2)])
    assert [e.process for e in ran.history if e.name == "append"] == ["relay-1", "relay-2"]


def test_a_relay_that_stalled_past_its_lease_marks_nothing():
    late = Hold(at="relay>kafka PRODUCE order-events/o1 #1", leg="reply", for_ms=3_000)
    stall = Inject(Pause(service="relay-1", for_ms=11_000))
    ran = run(LOCKED, [Inject(late), place(1), Wait(4_500), stall, Wait(20_000)])
    marks = [
        e.process
        for e in ran.commits
        for _, t, r in e.value["writes"]
        if t == "outbox" and r["status"] == "SENT"
    ]
    assert marks == ["relay-2"]


def test_a_stepped_clock_makes_two_relays_work_and_neither_lose_nor_reorder():
    slow = Hold(at="relay>kafka PRODUCE order-events/o1 #1", leg="reply", for_ms=3_000)
    steps = [Inject(slow), place(1), Wait(100), publish("e1", "InventoryReserved", "o1"), Wait(3_000)]
    ran = run(LOCKED, [*steps, Inject(ClockStep(service="relay-2", delta_ms=11_000))])
    assert types_of(ran, "o1") == ["OrderCreated", "OrderConfirmed"]
    assert len({e["event_id"] for e in ran.appended("order-events")}) == 2


@BOTH
def test_a_row_that_cannot_be_published_dies_visibly_and_delays_no_other_order(name):
    ran = run(name, [poison(1), poison(2), place(1), place(2)])
    assert sorted(e["order"] for e in ran.appended("order-events")) == ["o1", "o2"]
    letters, alerts = ran.appended("dead-letters"), ran.appended("alerts")
    assert [(x["order"], x["source"]) for x in letters] == [("p1", "outbox"), ("p2", "outbox")]
    assert all("bytes" in x["cause"] for x in letters)
    assert [a["event_id"] for a in alerts] == [x["event"]["event_id"] for x in letters]
    dead = [row["status"] for row in ran.table("order", "outbox") if row["aggregate"].startswith("p")]
    assert dead.count("DEAD") == 2


@BOTH
def test_a_broker_outage_kills_no_row(name):
    ran = run(name, [Inject(Crash(service="kafka", down_ms=60_000)), place(1), Wait(61_000)])
    assert [row["status"] for row in ran.table("order", "outbox")] == ["SENT"]
    assert ran.appended("dead-letters") == []


def test_two_events_decide_one_status_whichever_comes_first():
    events = [publish("e1", "PaymentFailed", "o1"), publish("e2", "InventoryReserved", "o1")]
    ran = run(LOCKED, [place(1), Wait(100), *events])
    assert ran.statuses()["o1"] in ("CANCELLED", "CONFIRMED")
    assert len(types_of(ran, "o1")) == 2


def test_the_boundaries_of_two_relays_are_counted_as_one():
    dead = Inject(Crash(service="relay-1", down_ms=60_000))
    ran = run(LOCKED, [place(1), Wait(4_000), dead, place(2), Wait(30_000)], trace=True)
    produced = [str(b) for b in ran.boundaries if b.route.verb == "PRODUCE"]
    assert produced == [f"relay>kafka PRODUCE order-events/o{n} #1" for n in (1, 2)]
    updates = [str(b) for b in ran.boundaries if str(b).startswith("relay>postgres UPDATE outbox")]
    assert updates == [f"relay>postgres UPDATE outbox #{n}" for n in (1, 2)]
    assert [e.process for e in ran.history if e.name == "append"] == ["relay-1", "relay-2"]
