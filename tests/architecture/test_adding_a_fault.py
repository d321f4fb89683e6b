"""docs/adding-a-fault.md does what it says, and a new fault touches at most six files, each of which is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.guide import Change, changes, copy_to, new_files, run_in

GUIDE = "adding-a-fault.md"
SERVER_GUIDE = "adding-a-server.md"
TYPE = "harness/shaketable/faults/services.py"
FILES_MAX = 6
MECHANISM = {"harness/shaketable/sim/injector.py", "harness/shaketable/real/run/injector.py"}
TABLES = {
    "test_the_table_has_every_fault_there_is": "harness/shaketable/explore/generate/drawn_faults.py",
    "test_some_clause_of_the_contract_plays_it[noop]": "harness/shaketable/conformance/power.py",
    "test_the_contract_says_what_it_means[noop]": "docs/faults.md",
}
"""The tests that fail while a table lacks it, and the file in which that is mended."""
LANDS = """
from shaketable.conformance.power import a_noop_changes_nothing
from shaketable.conformance.played_run import Claims
from shaketable.conformance.shop import shop
from shaketable.conformance.world_under_test import WorldUnderTest
from shaketable.fault import FAULT_TYPES, Noop
from shaketable.report.story.fault_words import fault_words
from shaketable.sim.world import SimWorld
assert Noop in FAULT_TYPES
a_noop_changes_nothing(WorldUnderTest(SimWorld(), shop(), Claims()))
print(fault_words(Noop(service="shop")))
"""


@pytest.fixture(scope="module")
def asked() -> list[Change]:
    return changes(GUIDE)


@pytest.fixture(scope="module")
def with_the_type(tmp_path_factory: pytest.TempPathFactory, asked: list[Change]) -> Path:
    """A copy in which there is the type, and nothing else is done."""
    folder = copy_to(tmp_path_factory.mktemp("type"))
    asked[0].apply(folder)
    return folder


def test_the_guide_begins_with_the_type_and_changes_at_most_six_files(asked):
    assert asked[0].file == TYPE
    files = {change.file for change in asked}
    assert files == {TYPE, *MECHANISM, *TABLES.values()}
    assert len(files) <= FILES_MAX


def test_the_type_checker_names_the_places_of_the_mechanism(with_the_type):
    checked = run_in(with_the_type, "mypy")
    assert set(re.findall(r"^(\S+?):\d+: error", checked.stdout, re.MULTILINE)) == MECHANISM, checked.stdout


def test_failing_tests_name_the_tables_that_lack_it(with_the_type):
    tested = run_in(with_the_type, "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/faults")
    failed = set(re.findall(r"^FAILED \S+::(\S+)", tested.stdout, re.MULTILINE))
    assert set(TABLES) <= failed, tested.stdout
    others = failed - set(TABLES)
    assert others <= {"test_every_fault_there_is_is_drawn_where_all_can_happen"}, others


@pytest.fixture(scope="module")
def with_all(tmp_path_factory: pytest.TempPathFactory, asked: list[Change], with_the_type: Path) -> Path:
    """A copy in which all is done."""
    folder = copy_to(tmp_path_factory.mktemp("all"), checked=with_the_type)
    for change in asked:
        change.apply(folder)
    return folder


def test_when_all_is_done_it_lands_and_nothing_is_missing(with_all):
    checked = run_in(with_all, "mypy")
    assert checked.returncode == 0, checked.stdout
    tested = run_in(with_all, "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/faults")
    assert tested.returncode == 0, tested.stdout
    script = with_all / "lands.py"
    script.write_text(LANDS)
    played = run_in(with_all, "lands")
    assert played.stdout == "do nothing to shop\n", played.stderr


def test_the_type_checker_has_nothing_against_the_files_of_the_guide_to_a_server_either(with_all):
    for file, text in new_files(SERVER_GUIDE).items():
        assert not (with_all / file).exists()
        (with_all / file).write_text(text)
    for change in changes(SERVER_GUIDE):
        change.apply(with_all)
    checked = run_in(with_all, "mypy")  # it knows this copy: from nothing it takes a quarter of a minute
    assert checked.returncode == 0, checked.stdout
