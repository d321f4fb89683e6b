"""The table of `make certify-all`: which rows are surprises, and which exit code the worst of them asks for."""

import pytest

from shaketable.certificate import MutantResult
from tests import described_systems
from tests.certify_all import (
    End,
    Row,
    exit_code,
    row_of_catalogue,
    row_of_described,
    row_of_mutant,
    table,
)
from tests.described_systems import DESCRIBED, TARGETS, Described, why_not_here
from tests.unit.report.report_samples import result

RIGHT, WRONG = Described("right.toml", 10), Described("wrong.toml", 10, ("SG-1",))


def row(end):
    return Row("a", "sim", 1, end, "")


def test_every_description_that_is_shipped_is_judged_once():
    shipped = {str(path.relative_to(TARGETS)) for path in TARGETS.glob("*/*.toml")}
    assert sorted(one.file for one in DESCRIBED) == sorted(shipped)


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ((End.EXPECTED,), 0),
        ((End.EXPECTED, End.ABSENT), 0),
        ((End.ABSENT,), 3),
        ((), 3),
        ((End.UNKNOWN, End.EXPECTED), 3),
        ((End.FAILED, End.UNKNOWN), 4),
        ((End.FAILED, End.BROKEN, End.EXPECTED), 1),
    ],
)
def test_the_worst_row_decides_and_nothing_judged_is_no_evidence(ends, code):
    assert exit_code([row(end) for end in ends]) == code


def test_a_shipped_subject_is_held_to_what_its_certificate_expects():
    broken = result(as_expected=False, surprises=("SG-1 was broken",))
    assert row_of_catalogue(broken).end is End.BROKEN
    assert row_of_catalogue(result(known=("SG-1",))).end is End.EXPECTED
    missed = result(broken=False, as_expected=False, known=("SG-1",), surprises=("SG-1 was not broken",))
    assert row_of_catalogue(missed)[3:] == (End.UNKNOWN, "SG-1 was not broken")


def test_a_mutant_that_stays_alive_is_a_surprise():
    assert row_of_mutant(MutantResult("m", ("SG-1",), ("SG-1",), 14, 3)).end is End.EXPECTED
    assert row_of_mutant(MutantResult("m", ("SG-1",), (), 0))[3:] == (
        End.UNKNOWN,
        "ALIVE, for SG-1 to kill",
    )


def test_a_described_system_breaks_its_promises_and_no_other():
    assert row_of_described(WRONG, result()).end is End.EXPECTED
    assert row_of_described(RIGHT, result()).end is End.BROKEN
    assert row_of_described(RIGHT, result(broken=False))[3:] == (End.EXPECTED, "certified; SG-5 unknown")
    assert row_of_described(WRONG, result(broken=False))[3:] == (
        End.UNKNOWN,
        "was not found to break SG-1",
    )
    misfit = result(broken=False, calibration=("no such row",))
    assert row_of_described(RIGHT, misfit)[3:] == (End.UNKNOWN, "no such row")


def test_a_system_whose_program_is_not_compiled_is_not_on_this_machine(monkeypatch):
    monkeypatch.setattr(described_systems, "missing", list)
    monkeypatch.setattr(described_systems.shutil, "which", lambda _: None)
    assert why_not_here(Described("ticket_shop/hardened.toml", 1)).startswith("no program ticket-shop")


def test_the_last_line_counts_how_the_rows_ended():
    lines = list(table([row(End.EXPECTED), row(End.EXPECTED), row(End.UNKNOWN)]))
    assert len(lines) == 4
    assert lines[-1] == "2 as expected, 1 UNKNOWN"
