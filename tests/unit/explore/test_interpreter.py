"""Stack room changes nothing about a call but its frame."""

from __future__ import annotations

import pytest

from shaketable.explore.generate.interpreter import with_stack_room


def test_what_a_call_returns_comes_through() -> None:
    assert with_stack_room(divmod, 7, 2) == (3, 1)
    assert with_stack_room(sorted, [1, 2], reverse=True) == [2, 1]


def test_what_a_call_raises_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        with_stack_room(divmod, 7, 0)


def test_its_frame_is_larger_than_any_chunk_of_the_stack() -> None:
    assert with_stack_room.__code__.co_stacksize * 8 > 16 * 1024


def test_calls_with_stack_room_nest() -> None:
    assert with_stack_room(with_stack_room, lambda: with_stack_room(len, "abc")) == 3
