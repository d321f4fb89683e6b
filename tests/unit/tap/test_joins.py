"""A group that forms anew is at work: a run is not silent between its rounds."""

from __future__ import annotations

from harness.history import History
from harness.real.tap.framer import Exchange
from harness.real.tap.switchboard import Switchboard


class Nobody:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


def test_a_member_that_asks_to_join_and_one_that_is_let_in_break_the_silence():
    now_ms = 100
    board = Switchboard(Nobody(), lambda: now_ms, str)
    board.begin(History(), frozenset(), trace=False)
    join = Exchange(names=())
    join.marks.update(joins=True, subscribed=("payment", ["order-events"]))
    board.arrived("payment", join)
    assert board.active_ms == 100
    now_ms = 1_100
    board.answered("payment", "kafka", join)
    assert board.active_ms == 1_100


def test_a_heartbeat_does_not():
    board = Switchboard(Nobody(), lambda: 100, str)
    board.begin(History(), frozenset(), trace=False)
    before_ms = board.active_ms
    board.arrived("payment", Exchange(names=()))
    board.answered("payment", "kafka", Exchange(names=()))
    assert board.active_ms == before_ms
