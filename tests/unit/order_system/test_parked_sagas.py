"""A saga whose undo cannot be commanded is parked with an alert; a redrive, or a person and then a redrive, ends it."""

import json

import pytest

from shaketable.fault import Cut, Partition
from shaketable.runner import execute
from shaketable.schedule import Do, Inject, Schedule, Wait
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.order_system.machines.values import OUT_OF_STOCK, order_value

SUBJECTS = {subject.name: subject for subject in order_subjects()}
VALUE = order_value(1, OUT_OF_STOCK)
AWAY_MS = 120_000
CHARGED = (
    # The answer to the charge is lost, and from then on payment is away: whether it charged is never known.
    Inject(Cut(at="orchestrator>payment POST /commands/charge #1", leg="reply")),
    Do("place", VALUE),
    Wait(6_500),
    Inject(Partition(sender="orchestrator", receiver="payment", for_ms=AWAY_MS)),
    Wait(AWAY_MS // 2),
)
BACK = (Wait(AWAY_MS // 2), Wait(20_000))
REDRIVE = Do("redrive", {"service": "orchestrator"})


def run(*steps):
    subject = SUBJECTS["order-orchestration/hardened"]
    outcome = execute(SimWorld(), subject, Schedule(subject.name, (*CHARGED, *steps)))
    assert outcome.findings == []
    return outcome.history


def refunds(history):
    return [event for event in history if event.process == "provider" and event.name == "refund"]


def answers(history, op):
    asked = {event.index for event in history if event.kind == "invoke" and event.name == op}
    return [event.value for event in history if event.ref in asked and event.kind in ("ok", "fail")]


def letter(history):
    writes = [
        row
        for event in history
        if event.name == "commit" and event.value["db"] == "orchestrator"
        for _, table, row in event.value["writes"]
        if table == "dead_letters"
    ]
    return writes[-1]


def ended(history):
    rows = [
        row["status"]
        for event in history
        if event.name == "commit"
        for _, table, row in event.value["writes"]
        if table == "orders"
    ]
    return rows[-1]


def test_a_refund_that_cannot_be_commanded_is_parked_with_a_cause_and_an_alert():
    history = run(*BACK)
    kept = letter(history)
    assert (kept["event_id"], kept["status"]) == ("o1/refund", "OPEN")
    assert json.loads(kept["payload"])["type"] == "refund"
    assert "5 attempts" in kept["cause"]
    alerts = [e.value["value"] for e in history if e.name == "append" and e.value["topic"] == "alerts"]
    assert [alert["event_id"] for alert in alerts] == ["o1/refund"]
    assert (ended(history), refunds(history)) == ("PENDING", [])


def test_a_redrive_completes_it_once_and_a_second_one_finds_nothing():
    history = run(*BACK, REDRIVE, Wait(5_000), REDRIVE)
    assert [answer["body"] for answer in answers(history, "redrive")] == [
        {"redriven": 1, "left": 0},
        {"redriven": 0, "left": 0},
    ]
    assert (ended(history), letter(history)["status"], len(refunds(history))) == ("CANCELLED", "REDRIVEN", 1)


def test_a_redrive_while_payment_is_away_leaves_it_as_it_is():
    history = run(REDRIVE, *BACK)
    assert [answer["body"] for answer in answers(history, "redrive")] == [{"redriven": 0, "left": 1}]
    assert (ended(history), letter(history)["status"]) == ("PENDING", "OPEN")


def test_what_a_person_refunded_meanwhile_is_refunded_already_and_that_ends_the_redrive():
    history = run(Do("refund_by_hand", VALUE), *BACK, REDRIVE)
    assert [answer["status"] for answer in answers(history, "refund_by_hand")] == [200]
    assert [answer["body"] for answer in answers(history, "redrive")] == [{"redriven": 1, "left": 0}]
    assert (ended(history), letter(history)["status"], len(refunds(history))) == ("CANCELLED", "REDRIVEN", 1)


@pytest.mark.parametrize("name", ["hardened", "hardened-over-kafka"])
def test_to_refund_by_hand_twice_is_refused_as_done_already(name):
    subject = SUBJECTS[f"order-orchestration/{name}"]
    steps = (Do("place", VALUE), Wait(30_000), Do("refund_by_hand", VALUE))
    outcome = execute(SimWorld(), subject, Schedule(subject.name, steps))
    assert outcome.findings == []
    assert [answer["status"] for answer in answers(outcome.history, "refund_by_hand")] == [409]
