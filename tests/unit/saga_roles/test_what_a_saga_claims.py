"""What a mapping leaves out is not claimed, clause by clause, and a mapping that contradicts itself is refused."""

import msgspec
import pytest

from shaketable.errors import UsageError
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.saga.clauses import SAGA_RULES
from shaketable_patterns.saga.graph import precedence
from shaketable_patterns.saga.roles import Saga, Step
from tests.unit.saga_roles.trips import ASK, PAY, REDRIVE, ROOM, SAGA, VISA


def not_claimed(*roles):
    return {(one.promise, one.clause) for one in judged(Mapping(roles), SAGA_RULES).not_claimed}


def without(**fields):
    return not_claimed(msgspec.structs.replace(SAGA, **fields), ASK, REDRIVE)


def with_steps(**fields):
    steps = tuple(msgspec.structs.replace(step, **fields) for step in SAGA.steps)
    return without(steps=steps)


def test_a_full_mapping_claims_everything_and_an_empty_one_nothing():
    assert not_claimed(SAGA, ASK, REDRIVE) == set()
    assert judged(Mapping(()), SAGA_RULES).promises == ()


def test_each_field_that_is_missing_leaves_exactly_its_clauses():
    assert without(conserved=()) == {
        ("SG-1", "what is set aside is held"),
        ("SG-2", "quantities add up"),
        ("SG-2", "at every moment what is set aside is held"),
    }
    assert without(drivers=()) == {
        ("SG-6", "an instance is driven by one process"),
        ("SG-8", "what was under way goes on"),
        ("SG-8", "an undo that was under way goes on"),
    }
    assert without(tells=()) == {("SG-6", "an end is told rightly")}
    assert without(exclusive=()) == {("SG-7", "there is one outcome")}
    assert without(waits=()) == {
        ("SG-5", "a redrive in calm completes it"),
        ("SG-5", "a saga that goes on does not stop"),
    }
    assert without(consumers=()) == {
        ("SG-6", "two instances of a service do it once"),
        ("SG-7", "there is one outcome"),
        ("SG-7", "the end is the same"),
    }
    assert not_claimed(SAGA, REDRIVE) == {("SG-5", "what was accepted exists")}
    assert not_claimed(SAGA, ASK) == {("SG-5", "a redrive in calm completes it")}
    assert with_steps(after=()) == {("SG-3", "steps are undone in reverse")}
    assert with_steps(failed=()) == {("SG-3", "what failed is not undone")}
    assert with_steps(pending=()) == {("SG-5", "an undo that was begun ends")}
    assert with_steps(given_up=()) == {
        ("SG-4", "a saga that stops does not go on"),
        ("SG-5", "a saga that goes on does not stop"),
    }
    assert with_steps(amount="") == {("SG-2", "a step is done as a whole")}


def test_without_ends_only_what_holds_at_every_moment_is_claimed():
    left = without(ends={}, backward=())
    assert {promise for promise, _ in left} == {"SG-1", "SG-4", "SG-5", "SG-7", "SG-8"}
    assert ("SG-4", "nothing goes forward again") not in left


def test_steps_know_what_they_follow_by_way_of_others():
    found = precedence({"a": (), "b": ("a",), "c": ("b",), "d": ("a",)})
    assert found["c"] == {"a", "b"}
    assert found["d"] == {"a"}


def renamed(step, **fields):
    return msgspec.structs.replace(step, **fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"steps": (PAY, PAY)}, "two steps are called 'pay'"),
        (
            {"steps": (renamed(PAY, after=("rooom",)), ROOM, VISA)},
            "follows 'rooom', and there is no such step",
        ),
        ({"steps": (renamed(PAY, after=("room",)), ROOM, VISA)}, "follow each other in a circle: pay, room"),
        ({"ends": {"booked": ("pai",)}}, "the end 'booked' names step 'pai'"),
        ({"steps": (PAY,), "ends": {}}, "the quantity 'town' names step 'room'"),
    ],
)
def test_a_saga_that_names_what_is_not_there_is_refused(fields, said):
    given = {name: getattr(SAGA, name) for name in Saga.__struct_fields__}
    with pytest.raises(UsageError, match=said):
        Saga(**given | fields)


def test_a_step_says_in_words_what_it_does():
    assert (PAY.is_done, PAY.is_undone) == ("paid", "paid back")
    plain = Step(name="pay", do=PAY.do)
    assert (plain.is_done, plain.is_undone) == ("done by pay", "undone by pay")
