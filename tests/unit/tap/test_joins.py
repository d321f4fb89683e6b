"""A group that forms anew is at work: no run is silent between its rounds."""

from __future__ import annotations

from shaketable.history import History
from shaketable.real.tap.framer import Exchange
from shaketable.real.tap.switchboard import Switchboard


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


def switchboard() -> Switchboard:
    board = Switchboard(NoPower(), lambda: 100, str)
    board.begin(History(), frozenset(), trace=False)
    return board


def test_it_is_known_when_a_member_last_asked_to_join_or_was_let_in():
    board = switchboard()
    join = Exchange(names=())
    join.marks.update(joins=True, subscribed=("payment", ["order-events"]))
    board.arrived("payment", join)
    asked_s = board.regrouped_s
    assert asked_s > 0
    board.answered("payment", "kafka", join)
    assert board.regrouped_s > asked_s
    let_in_s = board.regrouped_s
    board.begin(History(), frozenset(), trace=False)
    assert board.regrouped_s == let_in_s, "a group goes on forming when the next run begins"


def test_a_heartbeat_is_no_join():
    board = switchboard()
    board.arrived("payment", Exchange(names=()))
    board.answered("payment", "kafka", Exchange(names=()))
    assert board.regrouped_s < 0
