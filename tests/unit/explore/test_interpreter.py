"""Room on Python's stack changes nothing about a call but its frame."""

from __future__ import annotations

import pytest

from shaketable.explore.generate.headroom import with_room


def test_what_a_call_returns_comes_through() -> None:
    assert with_room(divmod, 7, 2) == (3, 1)
    assert with_room(sorted, [1, 2], reverse=True) == [2, 1]


def test_what_a_call_raises_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        with_room(divmod, 7, 0)


def test_its_frame_is_larger_than_any_piece_that_is_there() -> None:
    assert with_room.__code__.co_stacksize * 8 > 16 * 1024


def test_rooms_nest() -> None:
    assert with_room(with_room, lambda: with_room(len, "abc")) == 3
