"""A bistro's desk on threads that the harness does not know, judged by a description: fuses, lines, and letters afterwards."""

import pytest

from shaketable.fault import Latency, Partition
from shaketable.schedule import Do, Heal, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

BISTRO = TARGETS / "bistro" / "bistro.toml"

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

SERVED = 5
"""So many who are served show that a fuse is whole: three failures in six calls blow it, and two trials mend it."""


def review(number: int) -> Do:
    return Do("review", {"guest": f"g{number}", "dish": "soup"})


def book(number: int) -> Do:
    return Do("book", {"guest": f"g{number}", "seats": 2})


SLOW = Inject(Latency(sender="desk", receiver="critics", for_ms=60_000, delay_ms=2_500))
"""A call arrives in time, and its answer does not."""
HANG = Wait(5_500)
NEXT = Wait(700)
FAIL = (
    *(review(number) for number in range(10, 14)),
    HANG,
    *(review(number) for number in range(14, 18)),
    HANG,
)
"""Twice as many as there are lines, all in vain: more than the last six calls, and two trials before."""
BOOKED = tuple(step for number in range(1, SERVED + 1) for step in (book(number), NEXT))
BLOWN = (SLOW, *FAIL, review(20), Wait(3_000), review(21), HANG)
OF_ONE = (*BOOKED, SLOW, *FAIL, book(30), Wait(6_000))
CROWDED = (*BOOKED, SLOW, *(review(number) for number in range(10, 14)), Wait(800), book(30), Wait(6_000))
NO_POST = (
    *BOOKED,
    Inject(Partition(sender="desk", receiver="post", for_ms=15_000)),
    Wait(500),
    book(30),
    Wait(18_000),
)
LATE_AND_WELL = (
    SLOW,
    *FAIL,
    Heal(),
    Wait(21_000),
    *(step for n in range(40, 46) for step in (review(n), NEXT)),
)
MISTAKES = (
    Mistake("a new fuse for each guest", BLOWN, ("CB-1", "did-not-trip"), {"FUSES": "new"}),
    Mistake("asks again", BLOWN, ("CB-11", "call-repeated"), {"WITHOUT": "asks"}),
    Mistake("waits", BLOWN, ("CB-11", "fallback-late"), {"WITHOUT": "waits"}),
    Mistake("one fuse", OF_ONE, ("CB-1", "tripped-early"), {"FUSES": "one"}),
    Mistake("lines for all", CROWDED, ("BH-6", "rejected-by-another"), {"LINES": "critics"}),
    Mistake("writes while the guest waits", NO_POST, ("CW-1", "late-with-the-deferred"), {"LETTERS": "now"}),
    Mistake("writes once", NO_POST, ("CW-3", "never-done"), {"LETTERS": "once"}),
)


def test_a_fuse_that_is_new_each_time_and_a_fallback_that_asks_break_their_promises(tmp_path):
    assert not_shown(BISTRO, tmp_path, MISTAKES[:2]) == []


@campaign
def test_each_other_mistake_of_the_bistro_breaks_its_promise(tmp_path):
    assert not_shown(BISTRO, tmp_path, MISTAKES[2:]) == []


@campaign
def test_the_right_bistro_fits_its_description_and_survives_the_same(tmp_path):
    survives(BISTRO, tmp_path, (BLOWN, OF_ONE, CROWDED, NO_POST, LATE_AND_WELL))
