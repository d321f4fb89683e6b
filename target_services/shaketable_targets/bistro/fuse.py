"""A fuse: after three failures in the last six calls no call is made for a while, and then two at most until it is known better."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_LAST, _FAILURES, _TRIALS = 6, 3, 2


class Blown(Exception):
    """The call was not made."""


class Fuse:
    """Counts what went wrong with one whom the desk asks. Several threads use it."""

    def __init__(self, shut_s: float) -> None:
        self._lock = threading.Lock()
        self._shut_s = shut_s
        self._failed: deque[bool] = deque(maxlen=_LAST)
        self._blown_at_s: float | None = None
        self._trials: list[bool] | None = None
        self._begun = 0

    def ask(self, call: Callable[[], T]) -> T:
        """Return what the call returns. Raises Blown without a call, or the OSError of the call."""
        trials = self._begin()
        try:
            answer = call()
        except OSError:
            self._end(trials, failed=True)
            raise
        self._end(trials, failed=False)
        return answer

    def _begin(self) -> list[bool] | None:
        with self._lock:
            if self._blown_at_s is None:
                return None
            if self._trials is None and time.monotonic() - self._blown_at_s > self._shut_s:
                self._trials, self._begun = [], 0
            if self._trials is None or self._begun == _TRIALS:
                raise Blown
            self._begun += 1
            return self._trials

    def _end(self, trials: list[bool] | None, *, failed: bool) -> None:
        with self._lock:
            if trials is not self._trials:
                return  # what it was begun for is over
            if trials is None:
                self._failed.append(failed)
                if len(self._failed) == _LAST and sum(self._failed) >= _FAILURES:
                    self._blow()
                return
            trials.append(failed)
            if failed:
                self._blow()
            elif len(trials) == _TRIALS:
                self._trials = self._blown_at_s = None

    def _blow(self) -> None:
        self._failed.clear()
        self._trials, self._blown_at_s = None, time.monotonic()
