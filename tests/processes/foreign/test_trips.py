"""A travel agency on drivers that the harness does not use, known by a description: each mistake breaks its promise."""

import pytest

from shaketable.fault import Cut, Drop, Hold
from shaketable.schedule import Do, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

TRIPS = TARGETS / "trips" / "trips.toml"
A_WHILE = Wait(20_000)

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

CHARGE = "billing>bank POST /charges #1"


def book(ref: str = "b1", card: str = "good", extra: str = "meal") -> Do:
    value = {"ref": ref, "departure": "ROM-0930", "price": 120, "card": card, "extra": extra}
    return Do("book", value)


CHARGED_UNHEARD = (Inject(Cut(at=CHARGE, leg="reply")), book(), A_WHILE)
CHARGED_IN_SILENCE = (Inject(Drop(at=CHARGE, leg="reply")), book(), A_WHILE)
DECLINED = (Inject(Cut(at=CHARGE, leg="request")), book(card="empty"), A_WHILE)
FAILED_FOR_A_WHILE = (
    Inject(Hold(at="seats>kafka PRODUCE seats/b1 #1", leg="reply", for_ms=200)),
    book(card="slow"),
    A_WHILE,
    Do("redrive"),
    Wait(6_000),
)
NO_VOUCHER_LEFT = (
    Inject(Cut(at="billing>bank POST /refunds #1", leg="reply")),
    book("b1", extra="lounge"),
    Wait(10_000),
    book("b2", extra="lounge"),
    A_WHILE,
)


MISTAKES = (
    Mistake("charged twice", CHARGED_UNHEARD, ("SG-2", "double-charge"), {"BANK_KEYS": "no", "INBOX": "no"}),
    Mistake("timeout as decline", CHARGED_IN_SILENCE, ("SG-1", "money-kept"), {"BANK_TIMEOUT": "declined"}),
    Mistake("deleted", DECLINED, ("SG-3", "compensated-by-delete"), {"RELEASE": "delete"}),
    Mistake("not released", DECLINED, ("SG-1", "stock-leaked"), {"RELEASE": "never"}),
    Mistake("dropped", FAILED_FOR_A_WHILE, ("DL-3", "silent-drop"), {"FAILING": "drop"}),
    Mistake("never handled", FAILED_FOR_A_WHILE, ("DL-1", "never-handled"), {"FAILING": "drop"}),
)


def test_mistakes_of_the_travel_agency_break_their_promises(tmp_path):
    assert not_shown(TRIPS, tmp_path, MISTAKES[:2]) == []


@campaign
def test_each_other_mistake_of_the_travel_agency_breaks_its_promise(tmp_path):
    assert not_shown(TRIPS, tmp_path, MISTAKES[2:]) == []


def test_the_right_travel_agency_fits_its_description_and_survives_the_same(tmp_path):
    survives(TRIPS, tmp_path, (CHARGED_UNHEARD, CHARGED_IN_SILENCE))


@campaign
def test_it_survives_the_others_too(tmp_path):
    survives(TRIPS, tmp_path, (DECLINED, FAILED_FOR_A_WHILE, NO_VOUCHER_LEFT))
