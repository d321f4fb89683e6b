"""A menu in three copies on a driver that the harness does not use, known by a description: one kitchen writes, two counters copy."""

import pytest

from shaketable.fault import Drop, Hold, Partition
from shaketable.schedule import Do, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

MENU = TARGETS / "menu" / "menu.toml"

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

COPIES = ("kitchen", "bar", "terrace")
PUT, REPRICE = Do("put", {"name": "d1", "cents": 450}), Do("reprice", {"name": "d1", "cents": 500})
AT_BAR, AT_KITCHEN = Do("look-bar", {"name": "d1"}), Do("look-kitchen", {"name": "d1"})
LEARNED = Wait(8_000)
ALONE = tuple(
    Inject(Partition(sender=one, receiver=other, for_ms=40_000))
    for one in COPIES
    for other in COPIES
    if one != other and "bar" in (one, other)
)
NOT_HEARD = (Inject(Drop(at="kitchen>bar POST /calls #1", leg="request")), PUT, Wait(12_000), AT_BAR)
OVERTAKEN = (
    Inject(Hold(at="kitchen>bar POST /calls #1", leg="request", for_ms=6_000)),
    PUT,
    Wait(3_000),
    REPRICE,
    Wait(1_500),
    AT_BAR,
    Wait(3_000),
    AT_BAR,
    LEARNED,
)
"""The call about the first price comes after the second one was learned of, and while it is looked at."""
CUT_OFF = (PUT, LEARNED, *ALONE, Wait(2_000), REPRICE, Wait(20_000), AT_BAR, AT_BAR, LEARNED)
LOOKED_AT = (PUT, LEARNED, AT_BAR, Wait(1_000), REPRICE, Wait(30_000), AT_BAR)
COMMITTED_LATE = (
    Inject(Hold(at="kitchen>postgres INSERT dishes #1", leg="request", for_ms=2_500)),
    PUT,
    Wait(1_500),
    AT_KITCHEN,
    LEARNED,
)
REFUSED = (Inject(Drop(at="kitchen>postgres INSERT dishes #1", leg="request")), PUT, LEARNED, AT_KITCHEN)
MISTAKES = (
    Mistake("calls alone", NOT_HEARD, ("EC-1", "copies-differ"), {"LEARNS": "calls"}),
    Mistake("takes what comes", OVERTAKEN, ("EC-1", "newer-undone"), {"TAKES": "all"}),
    Mistake("takes what comes, and a guest sees it", OVERTAKEN, ("EC-2", "went-back"), {"TAKES": "all"}),
    Mistake("answers before it commits", COMMITTED_LATE, ("EC-3", "own-write-unseen"), {"ANSWERS": "before"}),
    Mistake("is strong no more", COMMITTED_LATE, ("EC-4", "stale-strong-read"), {"ANSWERS": "before"}),
    Mistake("loses what it answered", REFUSED, ("EC-1", "write-lost"), {"ANSWERS": "before"}),
    Mistake("keeps what it showed", LOOKED_AT, ("EC-5", "age-understated"), {"SHOWS": "kept"}),
    Mistake("an age since it asked", CUT_OFF, ("EC-5", "age-understated"), {"AGE": "asked"}),
    Mistake("shuts when alone", CUT_OFF, ("EC-5", "refused-while-cut-off"), {"ALONE": "shut"}),
)


def test_counters_that_rely_on_calls_or_take_what_comes_break_their_promises(tmp_path):
    assert not_shown(MENU, tmp_path, MISTAKES[:3]) == []


@campaign
def test_each_other_mistake_of_the_menu_breaks_its_promise(tmp_path):
    assert not_shown(MENU, tmp_path, MISTAKES[3:]) == []


@campaign
def test_the_right_menu_fits_its_description_and_survives_the_same(tmp_path):
    survives(MENU, tmp_path, (NOT_HEARD, OVERTAKEN, CUT_OFF, LOOKED_AT, COMMITTED_LATE, REFUSED))
