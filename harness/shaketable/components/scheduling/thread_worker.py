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
from time import monotonic

from shaketable.components.scheduling.thread_silence import ThreadSilence
from shaketable.components.scheduling.watchdog import position_of
from shaketable.components.scheduling.worker import Abandoned, SchedulerState, Worker

JOIN_S = 5.0
_LOOKS = 15
"""So often is looked at a thread that does not come back, before its time is over."""
_TAKES_IT_WITHIN_S = 0.5
_PATIENCE = 8
"""So many times its time, it is given up whatever the machine did."""


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
        look_s = deadline_s / _LOOKS
        if self._home.acquire(True, look_s) or self._comes_back(look_s, deadline_s):
            return True
        self.lost = True  # it cannot be stopped if it waits, and it is a daemon
        _end_computing(self._thread)
        return False

    def _comes_back(self, look_s: float, deadline_s: float) -> bool:
        """Wait on; a thread that could not run, on a machine that stood still or had no processor for it, is given the time again."""
        silence = ThreadSilence(self._thread.native_id or 0)
        silence.add(0.0)
        give_up_s = monotonic() + _PATIENCE * deadline_s
        while silence.lasted_s < deadline_s and monotonic() < give_up_s:
            if self._home.acquire(True, look_s):
                return True
            silence.add(look_s)
        self.silence = f"{position_of(self.ident)} ({silence.words})"
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


def _end_computing(thread: threading.Thread) -> None:
    """End `thread` if it loops: raise Abandoned in it, and take that back where it is not taken, for the thread sleeps.

    Up to Python 3.12 an error that waits for its thread interrupts all others at every call, and those that are traced get
    no further: they look at the flag again before every line's first step.
    """
    _raise_in(thread.ident, Abandoned)
    thread.join(_TAKES_IT_WITHIN_S)
    if thread.is_alive():
        _raise_in(thread.ident, None)
        _take_back_the_flag()


def _take_back_the_flag() -> None:
    """Clear what tells every thread that an error waits for one of them: only a thread that takes one does so."""
    try:
        _raise_in(get_ident(), Abandoned)
        for _ in range(_LOOKS):
            _here()
    except Abandoned:
        return


def _here() -> None:
    """Do nothing: a call is where a thread takes such an error."""


def _raise_in(thread: int | None, error: type[BaseException] | None) -> None:
    """Raise `error` in a thread, once that computes; None takes back what it has not taken."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread or 0), None if error is None else ctypes.py_object(error)
    )


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
