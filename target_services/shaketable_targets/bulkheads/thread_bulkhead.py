"""A semaphore bulkhead for threads. A permit that is released goes to the call that has waited longest."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from shaketable_targets.bulkheads.settings import BulkheadFull, Settings

T = TypeVar("T")


class Turn:
    """A call that waits; `has_permit` is guarded by the bulkhead's lock."""

    def __init__(self) -> None:
        self.given = threading.Event()
        self.has_permit = False


class ThreadBulkhead:
    """Guards one upstream. `call` is its use; `counts` looks without changing anything."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._turns: deque[Turn] = deque()
        self._free = settings.permits
        self._running = 0

    def counts(self) -> tuple[int, int, int]:
        """Return how many permits are free, how many calls run and how many wait."""
        with self._lock:
            return self._free, self._running, len(self._turns)

    def call(self, fn: Callable[[], T]) -> T:
        """Run `fn` and return what it returns; BulkheadFull when rejected, else whatever `fn` raises."""
        self._acquire()
        with self._lock:
            self._running += 1
        try:
            return fn()
        finally:
            with self._lock:
                self._running -= 1
                self._release()

    def _acquire(self) -> None:
        with self._lock:
            if self._may_take():
                self._free -= 1
                return
            if not self._settings.max_wait_ms:
                raise BulkheadFull(f"{self._settings.permits} calls are running")
            turn = Turn()
            self._turns.append(turn)
        turn.given.wait(self._settings.max_wait_ms / 1000)
        with self._lock:
            if turn.has_permit:
                return
            self._timed_out(turn)
        raise BulkheadFull(f"no permit within {self._settings.max_wait_ms} ms")

    def _may_take(self) -> bool:
        return self._free > 0

    def _timed_out(self, turn: Turn) -> None:
        self._turns.remove(turn)

    def _release(self) -> None:
        """Pass the permit on, or put it back; the lock is held."""
        if self._turns:
            turn = self._turns.popleft()
            turn.has_permit = True
            turn.given.set()
        else:
            self._free += 1
