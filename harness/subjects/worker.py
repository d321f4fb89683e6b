"""One real thread that carries one call at a time, and stops where the call must wait."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections.abc import Callable
from typing import Protocol

from harness.errors import HarnessError

UNWINDS_MAX = 100
JOIN_S = 5.0


class Abandoned(BaseException):
    """Unwinds a thread whose run is over. Nothing it does any more is recorded."""


class Hand(Protocol):
    """Who gets the baton back when a thread stops."""

    closing: bool

    def hand_back(self) -> None: ...


class Queue(Protocol):
    """What a thread waits in until somebody or time resumes it."""

    def forget(self, worker: Worker) -> None: ...


class Worker:
    """One thread. It outlives its call and takes the next one, until the run ends."""

    __slots__ = (
        "_abandoned",
        "_baton",
        "_job",
        "_thread",
        "_wake",
        "error",
        "granted",
        "ident",
        "lost",
        "name",
        "ticket",
        "waits_in",
    )

    def __init__(self, baton: Hand) -> None:
        self._baton = baton
        self._job: Callable[[], None] | None = None
        self._wake = allocate_lock()
        self._wake.acquire()
        self.name = ""
        self.granted = False
        self.ticket = 0
        self.waits_in: Queue | None = None
        self.error: BaseException | None = None
        self.lost = False
        self._abandoned = 0
        self._thread = threading.Thread(target=self._serve, name="shaketable-call", daemon=True)
        self._thread.start()
        self.ident = self._thread.ident or 0

    @property
    def idle(self) -> bool:
        return self._job is None

    def give(self, job: Callable[[], None], name: str) -> None:
        self._job = job
        self.name = name

    def wake(self) -> None:
        self._wake.release()

    def park(self) -> None:
        """Hand the baton back and stop here until resumed; Abandoned when the run is over."""
        if self.lost:
            raise Abandoned
        if not self._baton.closing:
            self._baton.hand_back()
            self._wake.acquire()
        if self._baton.closing:
            self._unwind()

    def join(self) -> None:
        self._thread.join(JOIN_S)

    def _serve(self) -> None:
        while True:
            self._wake.acquire()
            job = self._job
            if job is None:
                return
            try:
                job()
            except Abandoned:
                pass
            except BaseException as error:  # a job records its call's errors itself, so this one is ours
                self.error = error
            if self.lost:  # the driver went on without it
                return
            self._job = None
            self._baton.hand_back()

    def _unwind(self) -> None:
        self._abandoned += 1
        if self._abandoned > UNWINDS_MAX:
            self.error = HarnessError(
                f"{self.name} cannot be ended: the component retries after every BaseException"
            )
            self.lost = True
            self._baton.hand_back()
            self._wake.acquire()
        raise Abandoned
