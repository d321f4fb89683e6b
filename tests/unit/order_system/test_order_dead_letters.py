"""Events that cannot be handled: kept, announced, and completed once by a redrive."""

from order_runs import place, publish, run

from shaketable.fault import CrashSender, Drop, Partition
from shaketable.schedule import Do, Inject, Wait

ONE = "order-dead-letters/hardened"
OUTAGE = Inject(Partition(sender="notification", receiver="mailer", for_ms=40_000))
REDRIVE = Do("redrive", {"service": "notification"})


def test_an_outage_longer_than_the_retries_ends_in_a_letter_and_an_alert():
    ran = run(ONE, [OUTAGE, publish("e1", "OrderConfirmed", "o1"), Wait(50_000)])
    (letter,), (alert,) = ran.appended("dead-letters"), ran.appended("alerts")
    assert letter["event"] == {"event_id": "e1", "type": "OrderConfirmed", "order": "o1"}
    assert (letter["cause"], letter["service"], letter["source"]) == (
        "Timeout after 5 attempts",
        "notification",
        "order-events",
    )
    assert (alert["event_id"], alert["order"], alert["cause"]) == ("e1", "o1", letter["cause"])
    assert ran.effects("mail") == []


def test_a_redrive_completes_a_letter_exactly_once():
    steps = [
        OUTAGE,
        publish("e1", "OrderConfirmed", "o1"),
        Wait(50_000),
        REDRIVE,
        REDRIVE,
        Wait(100),
        REDRIVE,
    ]
    ran = run(ONE, steps)
    assert [mail["event"] for mail in ran.effects("mail")] == ["e1"]
    assert ran.rows["notification", "dead_letters", "e1"]["status"] == "REDRIVEN"
    assert ran.history.ops()[-1].result["body"] == {"redriven": 0, "left": 0}


def test_a_redrive_that_crashes_half_way_can_be_repeated():
    crash = CrashSender(at="notification>postgres INSERT processed #1", leg="reply")
    steps = [
        OUTAGE,
        publish("e1", "OrderConfirmed", "o1"),
        publish("e2", "OrderCancelled", "o2"),
        Wait(60_000),
    ]
    ran = run(ONE, [*steps, Inject(crash), REDRIVE, Wait(5_000), REDRIVE])
    assert sorted(mail["event"] for mail in ran.effects("mail")) == ["e1", "e2"]


def test_a_redrive_during_the_outage_leaves_the_letter():
    ran = run(ONE, [OUTAGE, publish("e1", "OrderConfirmed", "o1"), Wait(30_000), REDRIVE, Wait(5_000)])
    assert [op.result["body"] for op in ran.history.ops() if op.name == "redrive"] == [
        {"redriven": 0, "left": 1}
    ]
    assert ran.rows["notification", "dead_letters", "e1"]["status"] == "OPEN"


def test_an_event_without_an_order_is_a_dead_letter_at_once_and_blocks_no_other():
    ran = run(ONE, [publish("e1", "OrderConfirmed", None), publish("e2", "OrderConfirmed", "o2")])
    (letter,) = ran.appended("dead-letters")
    assert letter["cause"] == "Unprocessable: no order"
    assert [mail["event"] for mail in ran.effects("mail")] == ["e2"]


def test_an_event_whose_mail_was_sent_and_not_answered_is_mailed_once():
    lost = Drop(at="notification>mailer POST /mails #1", leg="reply")
    ran = run(ONE, [Inject(lost), publish("e1", "OrderConfirmed", "o1")])
    assert len(ran.effects("mail")) == 1
    assert ran.appended("dead-letters") == []


def test_a_saga_parked_by_an_outage_is_completed_by_a_redrive():
    away = Inject(Partition(sender="payment", receiver="provider", for_ms=40_000))
    parked = run("order-saga/hardened", [away, place(1), Wait(45_000)])
    assert parked.statuses() == {"o1": "PENDING"}
    assert len(parked.appended("alerts")) == 1
    redrive = Do("redrive", {"service": "payment"})
    ran = run("order-saga/hardened", [away, place(1), Wait(45_000), redrive, redrive])
    assert ran.statuses() == {"o1": "CONFIRMED"}
    assert len(ran.effects("charge")) == 1
