"""Every mutant of the orchestrated saga dies of the promise it names; what it is a mutant of survives the same schedule."""

from __future__ import annotations

import pytest

from shaketable.subject import Subject
from shaketable_patterns.catalogue import order_subjects
from tests.mutants.killing import killers, stored

SUBJECTS = {subject.name: subject for subject in order_subjects()}
MUTANTS = [one for one in SUBJECTS.values() if one.mutant_of.startswith("order-orchestration/")]
STORED = stored()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_the_mutant_dies_of_every_promise_it_names_by_the_schedule_that_was_found(mutant: Subject) -> None:
    assert set(mutant.kills) <= killers(mutant, STORED[mutant.name]), mutant.summary
    assert killers(SUBJECTS[mutant.mutant_of], STORED[mutant.name]) == set()


def test_there_are_enough_of_them_and_each_says_where_its_mistake_was_met() -> None:
    assert len(MUTANTS) >= 8
    assert {promise for mutant in MUTANTS for promise in mutant.kills} >= {
        "SG-1",
        "SG-2",
        "SG-6",
        "SG-8",
        "DL-1",
        "DL-2",
    }
