"""Two-phase commit on a driver that the harness does not use, from one process over three databases, known by a description."""

import pytest

from shaketable.fault import CrashSender
from shaketable.schedule import Do, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import (
    TARGETS,
    Mistake,
    broken,
    not_shown,
    opened,
    run,
    survives,
    variant,
)
from tests.processes.started import needs_the_extra

TOURS = TARGETS / "tours" / "tours.toml"

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

BOOK = Do("book", {"tour": "t1", "flight": "f1", "hotel": "h1"})
BOOKED = (BOOK, Wait(3_000))
LOST = (
    Inject(
        CrashSender(at="desk>postgres PREPARE_TRANSACTION bookings,planes #1", leg="reply", down_ms=15_000)
    ),
    BOOK,
    Wait(40_000),
)
"""The desk is lost when the first database has prepared."""
MISTAKES = (
    Mistake("decides last", BOOKED, ("TP-3", "before-the-log"), {"DECISION": "last"}),
    Mistake("presumes commit", LOST, ("TP-1", "partly-committed"), {"LEFT_PREPARED": "commit"}),
    Mistake("leaves it in doubt", LOST, ("TP-3", "in-doubt-left"), {"LEFT_PREPARED": "leave"}),
    Mistake("blocks, and says so", LOST, ("TP-2", "blocked-while-away")),
)


def test_each_mistake_of_the_tours_breaks_its_promise(tmp_path):
    assert not_shown(TOURS, tmp_path, MISTAKES) == []


def test_the_right_tours_fit_their_description_and_break_nothing(tmp_path):
    survives(TOURS, tmp_path, (BOOKED,))


@campaign
def test_the_right_tours_that_lose_their_coordinator_only_block(tmp_path):
    world = opened()
    try:
        assert broken(run(world, variant(TOURS, tmp_path), LOST)) <= {("TP-2", "blocked-while-away")}
    finally:
        world.close()
