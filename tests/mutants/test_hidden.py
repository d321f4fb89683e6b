"""The hidden mutants and the correct variants can be made and run; `tests.mutants.hidden_rate` says what is found of them."""

from collections import Counter

import pytest

from shaketable.fault import Pause
from shaketable.runner import execute
from shaketable.schedule import Do, Inject, Schedule, Wait
from shaketable.world_choice import world_for
from tests.mutants.hidden.catalogue import MUTANTS
from tests.mutants.hidden_correct.catalogue import CORRECT
from tests.mutants.hidden_rate import mismatches

SUBJECTS = [*(mutant.subject for mutant in MUTANTS), *CORRECT]
SHOWS_WITHOUT_A_FAULT = {"hidden/order-saga/leaves-it-to-the-check"}


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_it_works_when_nothing_fails(subject):
    outcome = execute(world_for(subject), subject, subject.pattern.workload(subject))
    assert outcome.findings == []
    assert outcome.unknown == ""
    assert bool(mismatches(subject)) == (subject.name in SHOWS_WITHOUT_A_FAULT)


def test_each_mutant_says_its_mistake_its_promises_and_how_it_would_show():
    for mutant in MUTANTS:
        subject = mutant.subject
        assert subject.summary
        assert mutant.shows
        assert mutant.needs
        assert subject.kills
        assert set(subject.kills) <= {promise.id for promise in subject.pattern.promises}


def test_there_are_sixty_mutants_and_forty_correct_ones_each_under_a_name_of_its_own():
    assert len(MUTANTS) >= 60
    assert len(CORRECT) >= 40
    assert max(Counter(subject.name for subject in SUBJECTS).values()) == 1


def test_a_request_under_a_key_that_was_forgotten_in_time_may_be_refused():
    retired = next(subject for subject in CORRECT if subject.name == "hidden/order-consumer/retired-keys")
    order = {"order": "o1", "item": "apple", "quantity": 1, "amount": 10, "key": "k1"}
    steps = (Do("place", order), Wait(50_000), *[Do("place_again", order), Wait(10_000)] * 2)
    outcome = execute(world_for(retired), retired, Schedule(retired.name, steps))
    assert [op.outcome for op in outcome.history.ops()] == ["ok", "fail", "fail"]
    assert outcome.findings == []


def test_a_reservation_that_comes_after_it_was_given_up_and_is_released_goes_not_forward():
    undoing = next(subject for subject in CORRECT if subject.name == "hidden/order-saga/stored-undoing")
    order = {"order": "o1", "item": "apple", "quantity": 1, "amount": 1, "key": "k1"}
    steps = (Do("place", order), Inject(Pause(service="inventory", for_ms=20_000)), Wait(25_000))
    outcome = execute(world_for(undoing), undoing, Schedule(undoing.name, steps))
    moves = [
        row["status"]
        for event in outcome.history
        if event.name == "commit"
        for _, table, row in event.value["writes"]
        if table in ("orders", "reservations")
    ]
    assert moves == ["PENDING", "CANCELLING", "RESERVED", "RELEASED", "CANCELLED"]
    assert outcome.unknown == ""
    assert outcome.findings == []
