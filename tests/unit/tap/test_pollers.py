"""Polls that a part makes by itself, and those that an op asked for: a run waits for the first alone."""

from __future__ import annotations

from typing import Literal

import pytest

from shaketable.history import History
from shaketable.real.tap.framer import Exchange
from shaketable.real.tap.switchboard import Switchboard

POLL = ("SELECT", "outbox")
RELAY = ("relay", "outbox")


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


def switchboard(history: History) -> Switchboard:
    board = Switchboard(NoPower(), lambda: 100, str)
    board.begin(history, frozenset({POLL}), trace=False)
    return board


def polled(board: Switchboard, rows: int = 0, asked_ms: int = 90) -> None:
    exchange = Exchange(names=(POLL,))
    exchange.marks["selected"] = ("outbox", rows)
    board.answered("relay", "postgres", exchange, poll_asked_ms=asked_ms)


def with_an_op(end: Literal["ok", "fail", "info"] | None = None) -> History:
    history = History()
    invoked = history.add(0, "invoke", "client", "place")
    if end:
        history.add(50, end, "client", "place", None, invoked)
    return history


def test_a_poll_that_an_open_op_may_have_made_is_not_waited_for_again():
    board = switchboard(with_an_op())
    polled(board)
    assert board.pollers == {}


@pytest.mark.parametrize("end", ["ok", "fail", "info"])
def test_a_poll_while_no_op_is_open_is_one_of_many(end):
    board = switchboard(with_an_op(end))
    polled(board)
    assert board.pollers == {RELAY: 90}


def test_whoever_is_known_to_poll_is_heard_whatever_is_open():
    board = switchboard(History())
    polled(board)
    board.begin(with_an_op(), frozenset({POLL}), trace=False)
    assert board.pollers == {RELAY: -1}
    polled(board, asked_ms=95)
    assert board.pollers == {RELAY: 95}
    polled(board, rows=2)
    assert board.pollers == {RELAY: -1}


def test_work_that_a_poll_finds_is_activity_once_until_something_else_happens():
    now_ms = [100]
    board = Switchboard(NoPower(), lambda: now_ms[0], str)
    board.begin(with_an_op("ok"), frozenset({POLL}), trace=False)
    for at_ms, rows, active_ms in ((200, 0, 100), (300, 1, 300), (400, 1, 300), (500, 2, 300)):
        now_ms[0] = at_ms
        polled(board, rows=rows)
        assert board.active_ms == active_ms
    now_ms[0] = 600
    board.count("relay", "kafka", (("PRODUCE", "sold/1"),))
    now_ms[0] = 700
    polled(board, rows=1)
    assert board.active_ms == 700
