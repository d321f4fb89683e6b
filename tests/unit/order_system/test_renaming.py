"""No promise knows a name: with other tables, columns, topics, types and services it says the same of every subject."""

import pytest
from renaming import names_in, renamed_history, renamed_mapping, renamed_words
from test_order_mutant_services import SCHEDULES

from shaketable.mapping.judging import judged
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.compositions import mapping_of, rules_of
from shaketable_patterns.order_system.subjects import variants

SUBJECTS = {subject.name: subject for subject in order_subjects()}
VARIANTS = variants()


def history_of(name):
    """A run that kills a mutant; of another subject its workload."""
    subject = SUBJECTS[name]
    steps = SCHEDULES.get(name)
    schedule = subject.pattern.workload(subject) if steps is None else Schedule(name, tuple(steps))
    return execute(SimWorld(), subject, schedule).history


def told(mapping, variant, history):
    """Every finding of every promise that is claimed."""
    claims = judged(mapping, *rules_of(variant))
    return [
        (finding.promise, finding.anomaly, finding.message, finding.witness)
        for checker in claims.checkers
        for judgement in checker.check(history, variant.profile)
        for finding in judgement.findings
    ]


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_under_other_names_the_same_is_said(name):
    variant = VARIANTS[name]
    history, mapping = history_of(name), mapping_of(variant)
    names = {old: f"x{n}".ljust(len(old), "q") for n, old in enumerate(sorted(names_in(history, mapping)))}
    assert len(names) > 15
    before = told(mapping, variant, history)
    after = told(renamed_mapping(mapping, names), variant, renamed_history(history, names))
    assert [(p, a, w) for p, a, _, w in after] == [(p, a, w) for p, a, _, w in before]
    old_names = {new: old for old, new in names.items()}
    assert [renamed_words(m, old_names) for _, _, m, _ in after] == [m for _, _, m, _ in before]


def test_the_runs_that_are_renamed_break_something():
    broken = [name for name in SUBJECTS if told(mapping_of(VARIANTS[name]), VARIANTS[name], history_of(name))]
    assert len(broken) > len(SUBJECTS) // 2
