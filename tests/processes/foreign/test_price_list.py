"""Two workers behind one lock on drivers that the harness does not use, known by a description: a paused holder is fenced."""

import pytest

from shaketable.fault import Hold, Pause
from shaketable.schedule import Do, Inject, Wait
from tests.campaigns import campaign
from tests.processes.foreign.system_variants import TARGETS, Mistake, not_shown, survives
from tests.processes.started import needs_the_extra

PRICE_LIST = TARGETS / "price_list" / "price_list.toml"
PRICE_LIST_ON_REDIS = PRICE_LIST.with_stem("price_list_on_redis")

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


STOPPED = (
    Inject(Pause(service="worker-2", for_ms=5_000)),
    Inject(Hold(at="worker>supplier POST /prices #1", leg="reply", for_ms=8_000)),
    REFRESH,
    Do("refresh", {"ref": "r2"}),
    Wait(3_500),
    Inject(Pause(service="worker-1", for_ms=25_000)),
    Wait(40_000),
)
"""The worker that can take the lock is stopped with SIGSTOP past its lease, while it waits for the supplier; no message is held as
long as a lease. Of two requests one reaches the worker that is not stopped first."""
MISTAKES = (
    Mistake("no fencing", STALLED, ("LK-9", "stale-write"), {"FENCING": "none"}),
    Mistake("no fencing, stopped", STOPPED, ("LK-9", "stale-write"), {"FENCING": "none"}),
    Mistake("tokens from one again", TWICE, ("LK-9", "token-not-monotone"), {"TOKENS": "reset"}),
)
ON_REDIS = (Mistake("no fencing", STALLED, ("LK-9", "stale-write"), {"FENCING": "none"}),)


def test_a_price_list_without_fencing_breaks_its_promise(tmp_path):
    assert not_shown(PRICE_LIST, tmp_path, MISTAKES[:1]) == []


@campaign
def test_each_other_mistake_of_the_price_list_breaks_its_promise(tmp_path):
    assert not_shown(PRICE_LIST, tmp_path, MISTAKES[1:]) == []


@campaign
def test_the_same_mistake_behind_a_lock_on_redis_breaks_the_same_promise(tmp_path):
    assert not_shown(PRICE_LIST_ON_REDIS, tmp_path, ON_REDIS) == []


@campaign
def test_the_right_price_list_fits_its_description_and_survives_the_same(tmp_path):
    survives(PRICE_LIST, tmp_path, (STALLED, TWICE))


@campaign
def test_it_survives_a_stop_past_its_lease_too(tmp_path):
    survives(PRICE_LIST, tmp_path, (STOPPED,))


@campaign
def test_the_right_price_list_on_redis_does_too(tmp_path):
    survives(PRICE_LIST_ON_REDIS, tmp_path, (STALLED, TWICE))
