"""Two desks on drivers that the harness does not use, known by a description: their line and copies in Redis are lost, late and healed."""

import pytest

from shaketable.fault import CacheLoss, Crash, Drop, Hold, KeyEviction
from shaketable.schedule import Do, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

HELPDESK = TARGETS / "helpdesk" / "helpdesk.toml"

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

GAP = Wait(2_000)
OPEN = (Do("open", {"ref": "t1", "topic": "disk"}), GAP)
LINE, LOOK, NEXT = Do("line", {}), Do("ticket", {"ref": "t1"}), Do("next", {})
LOST = (*OPEN, Inject(CacheLoss(service="redis")), Wait(40_000), LINE, GAP)
EVICTED = (*OPEN, LOOK, GAP, Inject(KeyEviction(service="redis", shares=3, share=1)), Wait(40_000), LINE, GAP)
"""Their line is lost, the copy of the ticket stays."""
LEFT = (
    *OPEN,
    Inject(Drop(at="desk>redis ZREM line #1", leg="request")),
    Do("close", {"ref": "t1"}),
    Wait(110_000),
)
"""Redis is not told that a ticket was closed; on a busy machine a healing or two may fail."""
AWAY = (*OPEN, Inject(Crash(service="redis", down_ms=14_000)), GAP, LINE, LOOK, Wait(16_000))
FILLED_LATE = (
    *OPEN,
    Inject(Hold(at="desk>redis SET ticket/t1 #1", leg="request", for_ms=3_000)),
    LOOK,
    Wait(1_000),
    Do("retitle", {"ref": "t1", "topic": "screen"}),
    Wait(6_000),
    LOOK,
    GAP,
)
"""The row is read, changed, and then filled in as it was."""
BOTH_AT_ONCE = (
    *OPEN,
    Inject(Hold(at="desk>redis ZREM line #1", leg="request", for_ms=1_500)),
    NEXT,
    Wait(500),
    NEXT,
    Wait(6_000),
)
MISTAKES = (
    Mistake("heals while Redis is down", LEFT, ("HC-1", "stale-entry"), {"HEAL": "when-down"}),
    Mistake("fills in anyway", FILLED_LATE, ("HC-2", "stale-after-write"), {"FILL": "anyway"}),
    Mistake("takes the first in the line", BOTH_AT_ONCE, ("HC-3", "called-twice"), {"NEXT": "line"}),
    Mistake("no fallback", AWAY, ("HC-4", "no-fallback"), {"FALLBACK": "none"}),
)


def test_each_mistake_of_the_help_desk_breaks_its_promise(tmp_path):
    assert not_shown(HELPDESK, tmp_path, MISTAKES) == []


@campaign
def test_the_right_help_desk_fits_its_description_and_survives_the_same(tmp_path):
    survives(HELPDESK, tmp_path, (LOST, EVICTED, AWAY, FILLED_LATE, BOTH_AT_ONCE))
