"""A clinic whose orchestrator is a foreign one, on threads and psycopg, known by a description: each mistake breaks its promise."""

import pytest

from shaketable.fault import CrashSender, Cut, Drop
from shaketable.schedule import Do, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

CLINIC = TARGETS / "clinic" / "clinic.toml"
A_WHILE = Wait(30_000)

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")


def admit(ref: str = "a1", card: str = "good", theatre: str = "A") -> Do:
    return Do("admit", {"ref": ref, "ward": "north", "theatre": theatre, "cents": 9000, "card": card})


PAID_UNHEARD = (Inject(Cut(at="desk>bank POST /deposits #1", leg="reply")), admit(), A_WHILE)
PAID_IN_SILENCE = (Inject(Drop(at="desk>bank POST /deposits #1", leg="reply")), admit(), A_WHILE)
NO_SLOT_LEFT = (
    Inject(Cut(at="desk>bank POST /returns #1", leg="request")),
    admit("a1", theatre="B"),
    Wait(6_000),
    admit("a2", theatre="B"),
    A_WHILE,
)
FREED_UNHEARD = (
    Inject(Cut(at="desk>wards POST /bed/back #1", leg="reply")),
    admit(card="empty"),
    A_WHILE,
    Do("retry", {}),
    Wait(6_000),
)
CRASHED_FORWARD = (Inject(CrashSender(at="desk>wards POST /slot/take #1", leg="request")), admit(), A_WHILE)
CRASHED_BACK = (
    Inject(CrashSender(at="desk>wards POST /bed/back #1", leg="request")),
    admit("a1", theatre="B"),
    Wait(6_000),
    admit("a2", theatre="B"),
    A_WHILE,
)

MISTAKES = (
    Mistake("charged twice", PAID_UNHEARD, ("SG-2", "double-charge"), {"KEYS": "fresh"}),
    Mistake("silence as decline", PAID_IN_SILENCE, ("SG-1", "money-kept"), {"SILENCE": "declined"}),
    Mistake("undone once", NO_SLOT_LEFT, ("SG-1", "money-kept"), {"UNDO": "once"}),
    Mistake("already is no end", FREED_UNHEARD, ("DL-2", "redrive-left-open"), {"ALREADY": "failed"}),
    Mistake("not resumed", CRASHED_FORWARD, ("SG-8", "not-resumed"), {"RESUMES": "own"}),
    Mistake("undo not resumed", CRASHED_BACK, ("SG-8", "undo-not-resumed"), {"RESUMES": "own"}),
)


def test_mistakes_of_the_clinic_break_their_promises(tmp_path):
    assert not_shown(CLINIC, tmp_path, MISTAKES[:2]) == []


@campaign
def test_each_other_mistake_of_the_clinic_breaks_its_promise(tmp_path):
    assert not_shown(CLINIC, tmp_path, MISTAKES[2:]) == []


@campaign
def test_the_right_clinic_fits_its_description_and_survives_the_same(tmp_path):
    survives(CLINIC, tmp_path, (PAID_UNHEARD, PAID_IN_SILENCE))


@campaign
def test_it_survives_the_others_too(tmp_path):
    survives(CLINIC, tmp_path, (NO_SLOT_LEFT, FREED_UNHEARD, CRASHED_FORWARD, CRASHED_BACK))
