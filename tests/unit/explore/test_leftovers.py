"""A run that is over is freed at once: thousands of them must not wait for the garbage collector."""

from __future__ import annotations

import gc

import pytest

from shaketable.fault import Crash, Drop, Partition
from shaketable.runner import execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.world_choice import world_for
from shaketable_patterns.catalogue import subjects

SUBJECTS = {subject.name: subject for subject in subjects()}
ORDER = {"order": "o1", "item": "apple", "quantity": 1, "amount": 10, "key": "k1"}
TROUBLE: tuple[Step, ...] = (
    Inject(Drop(at="payment>provider POST /charges #1", leg="reply")),
    Inject(Partition(sender="notification", receiver="mailer", for_ms=5_000)),
    Do("place", ORDER),
    Wait(2_500),
    Inject(Crash(service="payment", down_ms=1_000)),
    Wait(10_000),
)
CALLS: tuple[Step, ...] = tuple(
    step
    for number in range(1, 8)
    for step in (Do("start", {"call": number}), Do("finish", {"call": number, "with": "fail"}))
)


@pytest.mark.parametrize("name", ["order-saga/hardened", "order-outbox/hardened", "order-consumer/hardened"])
def test_a_run_of_services_leaves_nothing_that_knows_itself(name: str) -> None:
    assert left_behind(name, (Do("place", ORDER), Wait(5_000))) == 0


def test_nor_does_one_with_timeouts_and_lost_power() -> None:
    assert left_behind("order-saga/hardened", TROUBLE) == 0


@pytest.mark.parametrize("name", ["breaker/hardened", "breaker/circuitbreaker", "breaker/purgatory"])
def test_nor_does_a_run_of_calls_that_fail_and_stay_in_flight(name: str) -> None:
    assert left_behind(name, (*CALLS, Do("start", {"call": 8}), Do("start", {"call": 9}))) == 0


def left_behind(name: str, steps: tuple[Step, ...]) -> int:
    """How many objects of the second run only a collection finds; the first one fills what is kept for all."""
    subject = SUBJECTS[name]
    world, schedule = world_for(subject), Schedule(name, steps)
    execute(world, subject, schedule)
    gc.collect()
    gc.disable()
    try:
        execute(world, subject, schedule)
        return gc.collect()
    finally:
        gc.enable()
