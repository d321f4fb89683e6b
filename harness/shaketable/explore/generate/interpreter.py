"""While thousands of short runs go by: garbage is collected rarely, and what subjects log is not written."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AFTER = 20_000
"""Objects made and not freed, about ten runs; a run leaves little behind that only a collection finds."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """What exists already is not looked at by collections, and a log line of a generated run is nobody's news.

    Both are as before afterwards; inside another `undisturbed` nothing changes.
    """
    thresholds, disabled = gc.get_threshold(), logging.root.manager.disable
    if thresholds[0] == COLLECT_AFTER:
        yield
        return
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *thresholds[1:])
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(disabled)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
