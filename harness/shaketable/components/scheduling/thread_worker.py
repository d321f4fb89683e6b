"""A real thread as a worker: whatever a component may ask of a thread is true of it.

All threads of a run stay on one processor core. Only one of them runs at any moment, and passing control within a core
is about three times as fast as waking another one. It changes no result.
"""

from __future__ import annotations

import ctypes
import os
import threading
from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable

from shaketable.components.scheduling.worker import Abandoned, SchedulerState, Worker

JOIN_S = 5.0


class ThreadWorker(Worker):
    """Waits for `_wake` whenever it does not run; meanwhile the driver waits for `home`, which all threads share."""

    __slots__ = ("_home", "_thread", "_wake")

    def __init__(self, scheduler: SchedulerState, home: LockType) -> None:
        self._home = home
        self._wake = allocate_lock()
        self._wake.acquire()
        self._thread = threading.Thread(target=self._serve, name="shaketable-call", daemon=True)
        super().__init__(scheduler, 0)
        self._thread.start()
        self.ident = self._thread.ident or 0

    def run(self, deadline_s: float) -> bool:
        self._wake.release()
        if self._home.acquire(True, deadline_s):
            return True
        self.lost = True  # it cannot be stopped if it waits, and it is a daemon
        _raise_in(self.ident, Abandoned)  # if it loops it ends now, unless it catches everything
        return False

    def end(self) -> None:
        self._wake.release()
        self._thread.join(JOIN_S)

    def _stop(self) -> None:
        self._home.release()
        self._wake.acquire()

    def _serve(self) -> None:
        while True:
            self._wake.acquire()
            if self.idle:
                return
            self._work()
            if self.lost:  # the driver went on without it
                return
            self._home.release()


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Raise `error` in another thread, once that computes."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


class CoreAffinity:
    """Pins the calling thread, and so the threads it starts, to a core until released as often as held.

    Where the system has no such call it does nothing.
    """

    def __init__(self) -> None:
        self._held: dict[int, tuple[int, set[int]]] = {}
        try:
            self._current_core: Callable[[], int] | None = ctypes.CDLL(None).sched_getcpu
        except (OSError, AttributeError, TypeError):  # no such call on this system
            self._current_core = None

    def hold(self) -> None:
        if self._current_core is None:
            return
        count, allowed = self._held.get(get_ident(), (0, set()))
        if not count:
            allowed = os.sched_getaffinity(0)
            core = self._current_core()
            if core in allowed:
                os.sched_setaffinity(0, {core})
        self._held[get_ident()] = (count + 1, allowed)

    def release(self) -> None:
        count, allowed = self._held.pop(get_ident(), (0, set()))
        if count > 1:
            self._held[get_ident()] = (count - 1, allowed)
        elif count:
            os.sched_setaffinity(0, allowed)


CORE_AFFINITY = CoreAffinity()
"""The only one, since affinity is a property of the process's threads."""
