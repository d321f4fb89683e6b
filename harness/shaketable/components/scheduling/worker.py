"""A worker: the stack on which one sync call at a time runs, and on which it stops where the call must wait."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from shaketable.components.scheduling.line_touches import OUTSIDE
from shaketable.components.scheduling.standing import Standing
from shaketable.errors import HarnessError

UNWINDS_MAX = 100


class Abandoned(BaseException):
    """Unwinds a call whose run is over. Nothing that it does from then on is recorded."""


class SchedulerState(Protocol):
    """The part of the scheduler that a worker reads: `closing` is true once the run is over."""

    closing: bool


class WaitQueue(Protocol):
    """The queue in which a worker waits until another call or a time-out resumes it."""

    def forget(self, worker: Worker) -> None: ...


class Worker(ABC):
    """A stack that outlives its call and takes the next one, until the run ends.

    `ident` is the thread in which its code runs, `waits_in` the queue in which it waits, `granted` true if it got what
    it waited for, `ticket` the number of its timer (0: none), and `lost` true if it cannot be stopped any more; `silence` says where it was and what it did then. Where orders
    are decided, `standing` is the point at which it is ready, and `place` where it waited last.
    """

    __slots__ = (
        "_job",
        "_scheduler",
        "_unwinds",
        "error",
        "granted",
        "ident",
        "lost",
        "name",
        "place",
        "silence",
        "standing",
        "ticket",
        "waits_in",
    )

    def __init__(self, scheduler: SchedulerState, ident: int) -> None:
        self._scheduler = scheduler
        self._job: Callable[[], None] | None = None
        self.ident = ident
        self.name = ""
        self.granted = False
        self.ticket = 0
        self.waits_in: WaitQueue | None = None
        self.error: BaseException | None = None
        self.lost = False
        self.silence = ""
        self.standing: Standing | None = None
        self.place = OUTSIDE
        self._unwinds = 0

    @property
    def idle(self) -> bool:
        return self._job is None

    def give(self, job: Callable[[], None], name: str) -> None:
        self._job = job
        self.name = name

    # -- called by the driver ----------------------------------------------------------------------------

    @abstractmethod
    def run(self, deadline_s: float) -> bool:
        """Let it run until it stops again; return False if it did not within `deadline_s` of real time."""

    @abstractmethod
    def end(self) -> None:
        """End it for good; it is idle."""

    # -- called by the code that runs on it --------------------------------------------------------------

    def park(self) -> None:
        """Stop here until the driver runs it again. Raises Abandoned when the run is over."""
        if self.lost:
            raise Abandoned
        if not self._scheduler.closing:
            self._stop()
        if self._scheduler.closing:
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
        except BaseException as error:  # a job records its call's errors itself, so this one is the harness's
            self.error = error
        if not self.lost:
            self._job = None

    def _unwind(self) -> None:
        self._unwinds += 1
        if self._unwinds > UNWINDS_MAX:
            self.error = HarnessError(
                f"{self.name} cannot be ended: the component retries after every BaseException"
            )
            self.lost = True
            self._stop()
        raise Abandoned
