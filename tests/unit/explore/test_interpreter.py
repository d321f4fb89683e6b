"""Stack room changes nothing about a call but its frame; a tuned interpreter is afterwards as it was."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from shaketable.explore.generate.interpreter import tuned_interpreter, with_stack_room


@pytest.fixture
def nothing_left_out() -> Iterator[None]:
    """No object is left out of collections of garbage, as in a program that cares for none of this."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("nothing_left_out")
def test_objects_that_exist_are_left_out_of_collections_and_are_not_afterwards() -> None:
    before = (gc.get_threshold(), logging.root.manager.disable)
    with tuned_interpreter():
        left_out = gc.get_freeze_count()
        assert left_out > 10_000
        with tuned_interpreter():
            assert gc.get_freeze_count() <= left_out
        assert gc.get_freeze_count() > 10_000
        assert (gc.get_threshold(), logging.root.manager.disable) != before
    assert gc.get_freeze_count() == 0
    assert (gc.get_threshold(), logging.root.manager.disable) == before


@pytest.mark.usefixtures("nothing_left_out")
def test_objects_that_a_program_itself_left_out_stay_so() -> None:
    gc.freeze()
    with tuned_interpreter():
        pass
    assert gc.get_freeze_count() > 10_000


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
