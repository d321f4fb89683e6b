"""Records that the broker refuses, and records that are no JSON: no hardened service is accused of them, nor goes on for ever."""

import pytest
from order_runs import VARIANTS, place, poison, run

from shaketable.checker import judge
from shaketable.fault import TooLarge, UnreadableRecord
from shaketable.schedule import Inject, Wait
from shaketable.verdict import Verdict
from shaketable_patterns.compositions import pattern_of

RELAYS = [name for name in VARIANTS if name.startswith("order-outbox/hardened")]
TOPICS = ("order-events", "dead-letters", "alerts")


def refused(topic: str, times: int) -> Inject:
    of = "o1" if topic == "order-events" else "p1"
    return Inject(TooLarge(at=f"relay>kafka PRODUCE {topic}/{of} #1", leg="request", times=times))


def violated(name, schedule):
    """Return the promises that the run breaks; it must become quiet."""
    history = run(name, schedule).history
    assert next(e.value["quiet"] for e in history if e.kind == "phase" and e.name == "quiet")
    assert any(e.kind == "receipt" for e in history)
    found = judge(pattern_of(VARIANTS[name]).checkers, history, VARIANTS[name].profile)
    return {j.promise for j in found if j.verdict is Verdict.VIOLATED}


@pytest.mark.parametrize("name", RELAYS)
@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("times", [1, 3, 20])
def test_a_refused_event_letter_or_alert_is_published_or_visibly_given_up(name, topic, times):
    first = place(1) if topic == "order-events" else poison(1)
    assert violated(name, [refused(topic, times), first, place(2), Wait(40_000)]) == set()


@pytest.mark.parametrize(
    "name", ["order-dead-letters/hardened", "order-consumer/hardened", "order-saga/hardened"]
)
def test_a_record_that_is_no_json_is_filed_and_passed(name):
    foreign = Inject(UnreadableRecord(service="kafka", topic="order-events"))
    assert violated(name, [foreign, Wait(5_000)]) == set()
