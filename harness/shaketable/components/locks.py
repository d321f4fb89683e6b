"""Locks that park the call which would block, instead of blocking its thread.

Only these two are needed: the standard library builds Condition, Semaphore, Event, Barrier and Queue on them.
A released lock goes to the one who waited longest, within the same step.
"""

from __future__ import annotations

from collections import deque

from shaketable.components.scheduler import Baton, whole_ms
from shaketable.components.worker import Worker

_DRIVER = object()
"""Who holds a lock that was taken while no call runs: construction, reading the state."""


class ParkingLock:
    """A `threading.Lock`."""

    __slots__ = ("_baton", "_holder", "_waiters")

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._holder: object | None = None
        self._waiters: deque[Worker] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.Lock.acquire`, the timeout in virtual seconds."""
        baton = self._baton
        baton.check_thread()
        if self._holder is None or baton.closing:
            self._holder = baton.current or _DRIVER
            return True
        if not blocking:
            return False
        return self._wait(timeout)

    def release(self) -> None:
        self._baton.check_thread()
        if self._holder is None:
            if self._baton.closing:
                return
            raise RuntimeError("release unlocked lock")
        self._pass_on()

    def locked(self) -> bool:
        return self._holder is not None

    def forget(self, worker: Worker) -> None:
        self._waiters.remove(worker)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._holder = None
        self._waiters.clear()

    def _wait(self, timeout: float) -> bool:
        worker = self._baton.current
        if worker is not None:
            self._waiters.append(worker)
        return self._baton.wait(self, None if timeout < 0 else whole_ms(timeout))

    def _pass_on(self) -> None:
        if self._waiters and not self._baton.closing:
            worker = self._waiters.popleft()
            self._holder = worker
            self._baton.let_go(worker)
        else:
            self._holder = None


class ParkingRLock(ParkingLock):
    """A `threading.RLock`."""

    __slots__ = ("_depth",)

    def __init__(self, baton: Baton) -> None:
        super().__init__(baton)
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.RLock.acquire`, the timeout in virtual seconds."""
        if self._is_owned():
            self._baton.check_thread()
            self._depth += 1
            return True
        if not super().acquire(blocking, timeout):
            return False
        self._depth = 1
        return True

    def release(self) -> None:
        self._baton.check_thread()
        if not self._is_owned():
            if self._baton.closing:
                return
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if not self._depth:
            self._pass_on()

    def _is_owned(self) -> bool:
        return self._holder is (self._baton.current or _DRIVER)

    def _release_save(self) -> int:
        depth, self._depth = self._depth, 0
        self._pass_on()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        super().acquire()
        self._depth = depth
