"""Who carries one sync call at a time, and stops where the call must wait. How it stops is the subclass's part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from shaketable.errors import HarnessError

UNWINDS_MAX = 100


class Abandoned(BaseException):
    """Unwinds a call whose run is over. Nothing it does any more is recorded."""


class Hand(Protocol):
    """Who lets workers run; `closing` when the run is over."""

    closing: bool


class Queue(Protocol):
    """What a worker waits in until somebody or time resumes it."""

    def forget(self, worker: Worker) -> None: ...


class Worker(ABC):
    """It outlives its call and takes the next one, until the run ends. `ident` is the thread its code runs in."""

    __slots__ = (
        "_abandoned",
        "_baton",
        "_job",
        "error",
        "granted",
        "ident",
        "lost",
        "name",
        "ticket",
        "waits_in",
    )

    def __init__(self, baton: Hand, ident: int) -> None:
        self._baton = baton
        self._job: Callable[[], None] | None = None
        self.ident = ident
        self.name = ""
        self.granted = False
        self.ticket = 0
        self.waits_in: Queue | None = None
        self.error: BaseException | None = None
        self.lost = False
        self._abandoned = 0

    @property
    def idle(self) -> bool:
        return self._job is None

    def give(self, job: Callable[[], None], name: str) -> None:
        self._job = job
        self.name = name

    @abstractmethod
    def run(self, deadline_s: float) -> bool:
        """The driver's side: let it go on until it stops again; False if it did not within `deadline_s`."""

    @abstractmethod
    def end(self) -> None:
        """The driver's side: the last thing an idle worker is told."""

    def park(self) -> None:
        """The call's side: stop here until resumed; Abandoned when the run is over."""
        if self.lost:
            raise Abandoned
        if not self._baton.closing:
            self._stop()
        if self._baton.closing:
            self._unwind()

    @abstractmethod
    def _stop(self) -> None:
        """Give control back to the driver; return when it calls `run` again."""

    def _work(self) -> None:
        job = self._job
        assert job is not None
        try:
            job()
        except Abandoned:
            pass
        except BaseException as error:  # a job records its call's errors itself, so this one is ours
            self.error = error
        if not self.lost:
            self._job = None

    def _unwind(self) -> None:
        self._abandoned += 1
        if self._abandoned > UNWINDS_MAX:
            self.error = HarnessError(
                f"{self.name} cannot be ended: the component retries after every BaseException"
            )
            self.lost = True
            self._stop()
        raise Abandoned
