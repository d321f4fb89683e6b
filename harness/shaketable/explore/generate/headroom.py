"""Room on Python's own stack, so that what runs thousands of times never straddles the edge of a piece of it.

CPython keeps frames in pieces of 16 KB. A call that finds its piece full gets another one from the operating system
and gives it back when it returns: a loop that happens to run at such a depth, below a deep caller such as
Hypothesis, is several times slower. One frame that is too large for any piece gets a piece of its own, and all
calls below it find room in the rest of that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_WORDS = 1 << 16
"""The frame asks for half a megabyte and gets a piece of a whole one. What is not touched costs no memory."""


def with_room(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`work(*args, **kwargs)`, with room for some thousand calls below it."""
    return work(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=_WORDS)
