"""What the shipped order saga claims, by how its steps are asked for."""

from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.order_system.saga_mapping import saga_mapping
from shaketable_patterns.saga.clauses import SAGA_RULES


def test_a_choreographed_order_saga_claims_every_clause():
    found = judged(saga_mapping(), SAGA_RULES)
    assert [promise.id for promise in found.promises] == [f"SG-{n}" for n in range(1, 8)]
    assert found.not_claimed == ()
    assert judged(saga_mapping(direct=("PaymentCompleted", "PaymentFailed")), SAGA_RULES).not_claimed == ()


def test_an_orchestrated_one_takes_no_events_that_could_come_twice():
    left = judged(saga_mapping(orchestrated=True), SAGA_RULES).not_claimed
    assert [(one.promise, one.missing) for one in left] == [
        ("SG-5", ("saga.ends&waits&consumers",)),
        ("SG-7", ("saga.consumers&exclusive",)),
        ("SG-7", ("saga.consumers&ends",)),
    ]
