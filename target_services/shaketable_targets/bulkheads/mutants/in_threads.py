"""Mistakes in the bulkhead for threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shaketable_targets.bulkheads.settings import BulkheadFull
from shaketable_targets.bulkheads.thread_bulkhead import ThreadBulkhead, Turn

T = TypeVar("T")


class RunsAfterTimeout(ThreadBulkhead):
    """Does not look at what its wait for a permit returned, and goes ahead when the time is over."""

    def _acquire(self) -> None:
        try:
            super()._acquire()
        except BulkheadFull:
            if not self._settings.max_wait_ms:
                raise
            with self._lock:
                self._free -= 1


class ThreadLeaksOnException(ThreadBulkhead):
    """Releases only when the function returns."""

    def call(self, fn: Callable[[], T]) -> T:
        self._acquire()
        with self._lock:
            self._running += 1
        try:
            result = fn()
        except BaseException:
            with self._lock:
                self._running -= 1
            raise
        with self._lock:
            self._running -= 1
            self._release()
        return result


class ThreadLeaksOnTimeout(ThreadBulkhead):
    """Leaves a call that gave up in the queue, and later gives it a permit that it never returns."""

    def _timed_out(self, turn: Turn) -> None:
        del turn


class KeepsOneForItself(ThreadBulkhead):
    """Keeps the last permit back."""

    def _may_take(self) -> bool:
        return self._free > 1


class ThreadWakesNobody(ThreadBulkhead):
    """Puts a permit back, and calls that wait for one do not hear of it."""

    def _release(self) -> None:
        self._free += 1
