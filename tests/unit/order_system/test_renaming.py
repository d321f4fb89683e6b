"""No promise and no story knows a name: with other tables, columns, topics, types and services they say the same of every subject."""

import re
from dataclasses import replace
from functools import cache

import pytest
from renaming import names_in, new_names, renamed_history, renamed_mapping, renamed_schedule, renamed_words
from test_order_mutant_services import SCHEDULES

from shaketable.mapping.record_names import RecordNames
from shaketable.mapping.rules_under_mapping import judged
from shaketable.report.page.timeline import lay_out
from shaketable.report.story.story import story_of
from shaketable.report.story.text import plain_story
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.compositions import mapping_of, rules_of
from shaketable_patterns.order_system.subjects import variants
from tests.mutants.killing import stored

SUBJECTS = {subject.name: subject for subject in order_subjects()}
VARIANTS = variants()
STORED = stored()
CUT = re.compile(r"[\w-]*…")


@cache
def run_of(name):
    """A run that kills a mutant, with its schedule; of another subject its workload."""
    subject = SUBJECTS[name]
    steps = SCHEDULES.get(name)
    kept = STORED.get(name) or subject.pattern.workload(subject)
    schedule = kept if steps is None else Schedule(name, tuple(steps))
    return schedule, execute(SimWorld(), subject, schedule).history


def findings(mapping, variant, history):
    """Every finding of every promise that is claimed."""
    claims = judged(mapping, *rules_of(variant))
    return [
        finding
        for checker in claims.checkers
        for judgement in checker.check(history, variant.profile)
        for finding in judgement.findings
    ]


def stories(subject, mapping, schedule, history, found):
    """Each finding's story as it is printed, and the lanes on which the page draws it."""
    told = replace(subject, pattern=replace(subject.pattern, names_record=RecordNames(mapping)))
    made = [story_of(told, schedule, history, finding) for finding in found]
    return [(plain_story(story, width=400), lay_out(story, history).lanes) for story in made]


def as_read(told, names=None):
    """Stories in these names. What is left of a name that a line cuts is none, and stories write `_` as a space."""
    whole = [(CUT.sub("…", text), " ".join(lanes)) for text, lanes in told]
    return [[renamed_words(text, names or {}).replace("_", " ") for text in story] for story in whole]


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_under_other_names_the_same_is_said(name):
    variant, subject = VARIANTS[name], SUBJECTS[name]
    (schedule, history), mapping = run_of(name), mapping_of(variant)
    names = new_names(names_in(history, mapping))
    assert len(names) > 15
    other_mapping, other_history = renamed_mapping(mapping, names), renamed_history(history, names)
    before, after = findings(mapping, variant, history), findings(other_mapping, variant, other_history)
    assert [(f.promise, f.anomaly, f.witness) for f in after] == [
        (f.promise, f.anomaly, f.witness) for f in before
    ]
    old_names = {new: old for old, new in names.items()}
    assert [renamed_words(f.message, old_names) for f in after] == [f.message for f in before]
    told = stories(subject, other_mapping, renamed_schedule(schedule, names), other_history, after)
    assert as_read(told, old_names) == as_read(stories(subject, mapping, schedule, history, before))


def test_the_runs_that_are_renamed_break_something():
    broken = [
        name for name in SUBJECTS if findings(mapping_of(VARIANTS[name]), VARIANTS[name], run_of(name)[1])
    ]
    assert len(broken) > len(SUBJECTS) // 2
    assert set(broken) >= {name for name in SUBJECTS if VARIANTS[name].kills}
