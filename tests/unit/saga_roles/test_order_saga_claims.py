"""What the shipped order saga claims, by how its steps are asked for."""

from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.order_system.orchestration_mapping import orchestration_mapping
from shaketable_patterns.order_system.saga_mapping import saga_mapping
from shaketable_patterns.saga.clauses import SAGA_RULES

OF_ORCHESTRATORS = {
    "an instance is driven by one process",
    "what was under way goes on",
    "an undo that was under way goes on",
}


def not_claimed(mapping):
    return {one.clause for one in judged(mapping, SAGA_RULES).not_claimed}


def test_a_choreographed_order_saga_claims_every_clause_but_those_of_orchestrators():
    found = judged(saga_mapping(), SAGA_RULES)
    assert [promise.id for promise in found.promises] == [f"SG-{n}" for n in range(1, 8)]
    assert not_claimed(saga_mapping()) == OF_ORCHESTRATORS
    assert not_claimed(saga_mapping(direct=("PaymentCompleted", "PaymentFailed"))) == OF_ORCHESTRATORS


def test_a_durable_orchestrator_claims_every_clause():
    for by_topic in (True, False):
        assert not_claimed(orchestration_mapping(by_topic=by_topic)) == set()


def test_an_orchestrated_one_takes_no_events_that_could_come_twice():
    left = judged(saga_mapping(orchestrated=True), SAGA_RULES).not_claimed
    assert [(one.promise, one.missing) for one in left] == [
        ("SG-5", ("saga.ends&waits&consumers|saga.ends&waits&drivers.files",)),
        ("SG-6", ("saga.drivers.log&drivers.of&drivers.epoch",)),
        ("SG-7", ("saga.consumers&exclusive",)),
        ("SG-7", ("saga.consumers&ends",)),
    ]
