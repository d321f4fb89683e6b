"""Two workers behind one lock on drivers that the harness does not use, known by a description: a paused holder is fenced."""

import pytest

from shaketable.fault import Hold, Pause
from shaketable.schedule import Do, Heal, Inject, Wait
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

PRICE_LIST = TARGETS / "locks" / "price_list" / "price_list.toml"

pytestmark = needs_the_extra
pytest.importorskip("psycopg", reason="the extra `foreign` is not installed")

REFRESH = Do("refresh", {"ref": "r1"})
STALLED = (
    Inject(Hold(at="worker>supplier POST /prices #1", leg="reply", for_ms=16_000)),
    REFRESH,
    Wait(30_000),
)
"""The first holder waits for the supplier longer than its lease; the second one has written by then."""
TWICE = (REFRESH, Wait(6_000), Do("refresh", {"ref": "r2"}), Wait(6_000))

MISTAKES = (
    Mistake("no fencing", STALLED, ("LK-9", "stale-write"), {"FENCING": "none"}),
    Mistake("tokens from one again", TWICE, ("LK-9", "token-not-monotone"), {"TOKENS": "reset"}),
)


def test_each_mistake_of_the_price_list_breaks_its_promise(tmp_path):
    assert not_shown(PRICE_LIST, tmp_path, MISTAKES) == []


def test_the_right_price_list_fits_its_description_and_survives_the_same(tmp_path):
    survives(PRICE_LIST, tmp_path, (STALLED, TWICE))
