"""Keeps the threads of a run on one processor core.

Only one of them runs at any moment, and handing over within a core is about three times as fast as waking another
one. It changes no result, and where the system cannot do it nothing happens.
"""

from __future__ import annotations

import ctypes
import os
from _thread import get_ident
from collections.abc import Callable


class Core:
    """Pins the calling thread, and so the threads it starts, until it is released as often as it was held."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[int, set[int]]] = {}
        try:
            self._current: Callable[[], int] | None = ctypes.CDLL(None).sched_getcpu
        except (OSError, AttributeError, TypeError):  # no such call on this system
            self._current = None

    def hold(self) -> None:
        if self._current is None:
            return
        count, allowed = self._held.get(get_ident(), (0, set()))
        if not count:
            allowed = os.sched_getaffinity(0)
            current = self._current()
            if current in allowed:
                os.sched_setaffinity(0, {current})
        self._held[get_ident()] = (count + 1, allowed)

    def release(self) -> None:
        count, allowed = self._held.pop(get_ident(), (0, set()))
        if count > 1:
            self._held[get_ident()] = (count - 1, allowed)
        elif count:
            os.sched_setaffinity(0, allowed)


CORE = Core()
"""Affinity belongs to the process's threads, so there is one of it."""
