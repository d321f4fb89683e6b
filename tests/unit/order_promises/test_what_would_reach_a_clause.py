"""Each clause of a pattern over roles says what would put it to the test, and is not claimed where nothing ever could."""

import pytest

from shaketable.mapping.mapping import Mapping
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.dead_letters.clauses import DEAD_LETTER_RULES
from shaketable_patterns.idempotency.clauses import IDEMPOTENCY_RULES
from shaketable_patterns.outbox.clauses import OUTBOX_RULES
from shaketable_patterns.outbox.roles import Outbox
from shaketable_patterns.projection.clauses import PROJECTION_RULES
from shaketable_patterns.saga.clauses import SAGA_RULES

EVERY = [
    rule
    for part in (SAGA_RULES, OUTBOX_RULES, IDEMPOTENCY_RULES, DEAD_LETTER_RULES, PROJECTION_RULES)
    for rule in part.rules
]
SUBJECTS = {subject.name: subject for subject in order_subjects()}


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: f"{rule.promise.id} {rule.clause}")
def test_a_clause_says_what_would_put_it_to_the_test(rule):
    assert rule.reached_by.startswith(("a ", "an ", "another ", "two ", "claims "))


def not_claimed(name):
    return {one.clause for one in SUBJECTS[name].pattern.not_claimed}


def test_what_only_another_choice_could_reach_is_not_claimed():
    assert "a saga that goes on does not stop" in not_claimed("order-saga/hardened")
    assert "a saga that stops does not go on" not in not_claimed("order-saga/hardened")
    assert "a repetition waits" in not_claimed("order-consumer/hardened")
    assert "a repetition waits" not in not_claimed("order-saga/hardened")
    assert "only its holder gives a lock up" in not_claimed("order-outbox/hardened-skip-locked")
    assert "only its holder gives a lock up" not in not_claimed("order-outbox/hardened")
    assert "a change without event rows is published" in not_claimed("order-outbox/hardened")
    assert "a change without event rows is published" not in not_claimed("order-outbox/as-listed-dual-write")


def test_a_need_may_ask_for_the_value_of_a_knob_and_for_what_is_not_there():
    outbox = Outbox(id="col.id")
    assert Mapping((outbox,)).plays("outbox.id&!of")
    assert not Mapping((outbox,)).plays("outbox.!id")
    assert Mapping().plays("knobs.in_progress=wait")
    assert Mapping(settings={"in_progress": "wait"}).plays("knobs.in_progress=wait")
    assert not Mapping(settings={"in_progress": "409"}).plays("knobs.in_progress=wait")
    assert not Mapping(knobs=frozenset()).plays("knobs.in_progress=wait")
