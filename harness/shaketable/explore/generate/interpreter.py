"""The interpreter while thousands of short runs go by: few garbage collections, no log messages, room on the stack."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_COLLECTION_THRESHOLD = 20_000
"""Allocations less deallocations between two collections, about ten runs; a run leaves few cycles behind."""
_FROZEN_BY_PYTHON = 1_000
"""Python 3.12 begins with some hundred objects that are left out of collections; what a program leaves out are more."""
_STACK_WORDS = 1 << 16
"""The frame asks for half a megabyte and gets a chunk of a whole one. Pages that are never touched cost no memory."""


@contextmanager
def tuned_interpreter() -> Iterator[None]:
    """Collect garbage rarely, leave objects that exist already out of collections, and suppress log messages.

    Everything is restored afterwards; objects that were left out before stay so. Nested in another `tuned_interpreter` it does
    nothing.
    """
    thresholds, disabled = gc.get_threshold(), logging.root.manager.disable
    if thresholds[0] == _COLLECTION_THRESHOLD:
        yield
        return
    was_frozen = gc.get_freeze_count() > _FROZEN_BY_PYTHON
    if not was_frozen:
        gc.freeze()
    gc.set_threshold(_COLLECTION_THRESHOLD, *thresholds[1:])
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(disabled)
        gc.set_threshold(*thresholds)
        if not was_frozen:
            gc.unfreeze()


def with_stack_room(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return `work(*args, **kwargs)`, run with stack space for some thousand calls below it.

    CPython keeps frames in chunks of 16 KB. A call that finds its chunk full gets another one from the operating
    system and gives it back when it returns: a loop that happens to run at such a depth, below a deep caller such
    as Hypothesis, is several times slower. One frame too large for any chunk gets a chunk of its own, and all calls
    below it find room in the rest of that.
    """
    return work(*args, **kwargs)


with_stack_room.__code__ = with_stack_room.__code__.replace(co_stacksize=_STACK_WORDS)
