"""Defects from public trackers: the table and the page, and one case that needs no network: a library that is installed here."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from shaketable_patterns.bulkhead.subjects import mutants
from shaketable_patterns.catalogue import subjects
from tests.public_defects import judging, page
from tests.public_defects.defect import Defect
from tests.public_defects.installing import requirements
from tests.public_defects.judging import Found, Judged
from tests.public_defects.table import DEFECTS

LOST = Defect(
    name="lost",
    package="a-library",
    affected="1.0",
    fixed="1.1",
    reference="owner/a-library issue 1",
    adapter="shipped:pybreaker",
    promise="BH-4",
    anomaly="idle-while-calls-wait",
    what="it loses | something",
    beside=("other==2.0",),
)
SHOWN = Judged("1.0", 10, (Found("BH-4", "idle-while-calls-wait", "VIOLATION", 4, "call 3 waits on"),))
NOTHING = Judged("1.1", 10, ())
RESULTS = {"lost 1.0": SHOWN, "lost 1.1": NOTHING}


def test_each_row_names_a_promise_and_an_anomaly_of_a_pattern() -> None:
    known = {(p.id, a) for subject in subjects() for p in subject.pattern.promises for a in p.anomalies}
    assert [one.name for one in DEFECTS if (one.promise, one.anomaly) not in known] == []
    assert len({one.name for one in DEFECTS}) == len(DEFECTS)


def test_each_row_says_where_it_was_told_of() -> None:
    told = ("issue", "pull request", "CVE-")
    assert [one.name for one in DEFECTS if not any(word in one.reference for word in told)] == []
    assert not any(one.fixed == one.affected for one in DEFECTS)


def test_what_is_installed_is_the_version_and_what_stands_beside_it() -> None:
    assert requirements(LOST, "1.1") == ("a-library==1.1", "other==2.0")


def test_a_defect_holds_when_the_affected_version_shows_it_and_the_fixed_one_does_not() -> None:
    assert page.holds(LOST, RESULTS)
    assert not page.holds(LOST, {"lost 1.0": SHOWN, "lost 1.1": SHOWN})
    assert not page.holds(LOST, {"lost 1.0": NOTHING, "lost 1.1": NOTHING})
    assert page.holds(replace(LOST, fixed=""), {"lost 1.0": SHOWN})


def test_what_could_not_be_judged_at_the_fixed_version_is_not_gone() -> None:
    unjudged = msgspec.structs.replace(NOTHING, calibration=("it behaves otherwise",))
    assert not page.holds(LOST, {"lost 1.0": SHOWN, "lost 1.1": unjudged})


def test_the_page_counts_what_is_reproduced_and_what_is_gone() -> None:
    text = page.page([LOST], RESULTS)
    assert "1 of 1 are reproduced; 1 of these are gone" in text
    assert (
        "| owner/a-library issue 1 | a-library | 1.0 | 1.1 | BH-4, idle while calls wait | 4 | it loses \\| something |"
        in text
    )
    assert "not reproduced" in page.page([LOST], {"lost 1.0": NOTHING, "lost 1.1": NOTHING})


def test_a_machine_finds_a_defect_by_itself_in_what_is_installed_here() -> None:
    (subject,) = (one for one in mutants() if one.name == "bulkhead/mutant-wakes-nobody")
    judged = judging.judge(subject, "0", runs=60)
    found = judged.shows(LOST)
    assert found is not None
    assert (found.level, judged.calibration) == ("VIOLATION", ())


def test_a_defect_of_a_shipped_library_is_judged_as_the_shelf_judges_it() -> None:
    pytest.importorskip("pybreaker")
    assert judging.subject_of(LOST).name == "breaker/pybreaker"


def test_the_page_is_what_was_found() -> None:
    assert page.PAGE.read_text() == page.page(DEFECTS, page.stored()), "run `python -m tests.public_defects`"
