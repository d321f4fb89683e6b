"""Locks that park the call which would block, instead of blocking its thread.

Only these two are needed: the standard library builds Condition, Semaphore, Event, Barrier and Queue on them.
A released lock goes to the call that waited longest, within the same step. Calls that take turns do so before a lock is
taken and after it was released. Where orders are decided, a released lock is free: which of those that waited takes it, or
one that comes just then, is decided as everything else, for Python's locks are not fair.
"""

from __future__ import annotations

from collections import deque

from shaketable.components.scheduling.scheduler import Scheduler, whole_ms
from shaketable.components.scheduling.worker import Worker

_DRIVER = object()
"""The holder of a lock that was taken while no call runs: by construction, by reading the state."""


class ParkingLock:
    """A `threading.Lock`."""

    __slots__ = ("_holder", "_scheduler", "_waiters")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._holder: object | None = None
        self._waiters: deque[Worker] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Do what `threading.Lock.acquire` does, with the timeout in virtual seconds."""
        scheduler = self._scheduler
        scheduler.check_thread()
        if scheduler.taking_turns:
            scheduler.give_way()
        if self._holder is None or scheduler.closing:
            self._holder = scheduler.current or _DRIVER
            return True
        if not blocking:
            return False
        return self._wait(timeout)

    def release(self) -> None:
        self._scheduler.check_thread()
        if self._holder is None:
            if self._scheduler.closing:
                return
            raise RuntimeError("release unlocked lock")
        self._pass_on()
        if self._scheduler.taking_turns:
            self._scheduler.give_way()

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
        scheduler = self._scheduler
        worker = scheduler.current
        until_ms = None if timeout < 0 else scheduler.clock.elapsed_ms + whole_ms(timeout)
        while True:
            if worker is not None:
                self._waiters.append(worker)
            left_ms = None if until_ms is None else max(0, until_ms - scheduler.clock.elapsed_ms)
            if not scheduler.wait(self, left_ms):
                return False
            if self._holder is worker:  # it was handed over
                return True
            if self._holder is None:  # it is free, and no other took it
                self._holder = worker
                return True

    def _pass_on(self) -> None:
        if self._scheduler.order is not None and not self._scheduler.closing:
            self._holder = None
            while self._waiters:
                self._scheduler.let_go(self._waiters.popleft())
        elif self._waiters and not self._scheduler.closing:
            worker = self._waiters.popleft()
            self._holder = worker
            self._scheduler.let_go(worker)
        else:
            self._holder = None


class ParkingRLock(ParkingLock):
    """A `threading.RLock`."""

    __slots__ = ("_depth",)

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Do what `threading.RLock.acquire` does, with the timeout in virtual seconds."""
        if self._is_owned():
            self._scheduler.check_thread()
            self._depth += 1
            return True
        if not super().acquire(blocking, timeout):
            return False
        self._depth = 1
        return True

    def release(self) -> None:
        self._scheduler.check_thread()
        if not self._is_owned():
            if self._scheduler.closing:
                return
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if self._depth:
            return
        self._pass_on()
        if self._scheduler.taking_turns:
            self._scheduler.give_way()

    def _is_owned(self) -> bool:
        return self._holder is (self._scheduler.current or _DRIVER)

    def _release_save(self) -> int:
        depth, self._depth = self._depth, 0
        self._pass_on()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        super().acquire()
        self._depth = depth
