"""Finding subjects: shipped ones, families, patterns, yours, and what a broken package costs."""

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

import jar_subject
import pytest

from shaketable.cli.subjects import GROUP, from_factory, read, select, shipped, subject_named
from shaketable.errors import UsageError
from shaketable_patterns import catalogue
from shaketable_patterns.circuit_breaker import subjects as breakers
from shaketable_patterns.circuit_breaker.libraries import LIBRARIES


def point(value, name="shipped"):
    return EntryPoint(name, value, GROUP)


CATALOGUE = read([point("jar_subject:shipped")])


def names(*wanted):
    return [c.subject.name for c in select(wanted, CATALOGUE)]


def test_a_name_a_family_and_a_pattern_find_their_subjects_once_each():
    assert names("jar/known", "jar", "jar/k*") == ["jar/known", "jar/sound"]


def test_a_family_has_no_mutants_in_it_but_each_can_be_named():
    assert names("jar/*") == ["jar/sound", "jar/known"]
    assert names("jar/mutant-*") == ["jar/mutant-a", "jar/mutant-b"]
    assert names("jar/mutant-b") == ["jar/mutant-b"]


def test_an_unknown_name_gets_suggestions():
    with pytest.raises(UsageError, match="did you mean jar/sound"):
        names("jar/sonud")


def test_a_broken_entry_point_costs_one_line_and_no_other_subject():
    found = read([
        point("no_such_module:subjects", "gone"), point("jar_subject:failing", "failing"),
        point("jar_subject:not_a_list", "odd"), point("jar_subject:shipped", "fine"),
    ])  # fmt: skip
    assert len(found.subjects) == 4
    assert [p.split()[2] for p in found.problems] == ["'gone'", "'failing'", "'odd'"]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("no_such_module:factory", "ModuleNotFoundError"),
        ("jar_subject:nothing", "no callable 'nothing'"),
        ("jar_subject:", "no callable"),
        (":factory", "cannot be used"),
        ("jar_subject:no_subject", "returned int"),
        ("jar_subject:failing", "ZeroDivisionError"),
        ("..jar:x", "cannot be used"),
    ],
)
def test_a_factory_that_cannot_be_used_says_why(spec, why):
    with pytest.raises(UsageError, match=why):
        from_factory(spec)


def test_a_name_in_a_file_never_imports_anything():
    with pytest.raises(UsageError, match="no subject is named 'jar_subject:sound'"):
        subject_named("jar_subject:sound")
    assert subject_named("jar/sound", ["jar_subject:sound"]).name == "jar/sound"


def test_a_subject_that_an_extra_would_add_is_told_with_the_extra():
    lacking = replace(CATALOGUE, missing={"jar/glass": "kitchen", "pot/iron": "kitchen"})
    for name in ("jar/glass", "pot", "pot/*"):
        with pytest.raises(UsageError, match="it comes with the extra 'kitchen'"):
            select([name], lacking)
    assert [one.subject.name for one in select(["jar/sound"], lacking)] == ["jar/sound"]


def test_a_catalogue_may_say_what_an_extra_would_add(monkeypatch):
    monkeypatch.setattr(jar_subject, "missing", lambda: {"jar/glass": "kitchen"}, raising=False)
    assert read([point("jar_subject:shipped")]).missing == {"jar/glass": "kitchen"}


def test_the_libraries_that_are_not_installed_come_with_their_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert breakers.missing() == {library.name: "breakers" for library in LIBRARIES}
    assert not [s.name for s in catalogue.subjects() if s.name in breakers.missing()]


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        ("shaketable_patterns.circuit_breaker.subjects", {"bulkhead", "lock", "order"}),
        ("shaketable_patterns.bulkhead.subjects", {"breaker", "lock", "order"}),
        ("shaketable_patterns.idempotency_store.subjects", {"breaker", "lock", "order"}),
        ("shaketable_patterns.lock.subjects", {"breaker", "bulkhead", "order"}),
        ("shaketable_patterns.rate_limiter.subjects", {"lock", "retry", "order"}),
        ("shaketable_patterns.retry.subjects", {"lock", "rate", "order"}),
        ("shaketable_patterns.token_verifier.subjects", {"breaker", "lock", "order"}),
    ],
)
def test_components_that_cannot_be_imported_cost_neither_order_systems_nor_each_other(
    monkeypatch, broken, left
):
    monkeypatch.setitem(sys.modules, broken, None)
    found = read(entry_points(group=GROUP))
    assert {s.name.split("/")[0].split("-")[0] for s in found.subjects} >= left
    assert [broken in problem for problem in found.problems] == [True]


def test_behind_the_entry_points_stands_the_whole_catalogue_in_its_order():
    assert [s.name for s in shipped().subjects] == [s.name for s in catalogue.subjects()]


def test_a_factory_of_another_subject_than_the_files_is_told():
    with pytest.raises(
        UsageError, match="jar_subject:sound makes 'jar/sound', and the file is of 'jar/leaky'"
    ):
        subject_named("jar/leaky", ["jar_subject:sound"])
