"""Workers of which exactly one runs at any moment: each carries one sync call and stops where it must wait.

The driver hands the baton to a worker and gets it back when that worker ends its call, waits inside the
protected function, or would block in a lock or a sleep. So which call waits where is known without waiting.
"""

from __future__ import annotations

import sys
import threading
from _thread import allocate_lock, get_ident
from collections import deque
from heapq import heappop, heappush

from shaketable.components.adapter import Carrier
from shaketable.components.clock import VirtualClock
from shaketable.components.core import CORE
from shaketable.components.greenlet_worker import ParkedGreenlet
from shaketable.components.thread_worker import ParkedThread
from shaketable.components.worker import Queue, Worker
from shaketable.errors import ForbiddenCall, HarnessError

DEADLINE_S = 5.0
"""Real seconds a call may run on its own before it is taken to block where the harness cannot see."""


class WouldBlock(BaseException):
    """The driver itself would wait for a lock that a call in flight holds."""


class Baton:
    """Hands control to one worker at a time and lets virtual time resume those that wait for it."""

    def __init__(self, clock: VirtualClock, carrier: Carrier = "threads") -> None:
        self.clock = clock
        self.threaded = carrier == "threads"
        self.current: Worker | None = None
        self.closing = False
        self.trouble: HarnessError | None = None
        self.running = get_ident()
        self._home = allocate_lock()
        self._home.acquire()
        self._ready: deque[Worker] = deque()
        self._timers: list[tuple[int, int, Worker]] = []
        self._tickets = 0
        self._workers: list[Worker] = []

    # -- the driver's side -----------------------------------------------------------------------------

    def take(self) -> Worker:
        """An idle worker, new if need be. Call it before the stage is set if `threaded`: threads need real locks."""
        for worker in self._workers:
            if worker.idle:
                return worker
        if self.threaded and not self._workers:
            CORE.hold()
        worker = ParkedThread(self, self._home) if self.threaded else ParkedGreenlet(self)
        self._workers.append(worker)
        return worker

    def resume(self, worker: Worker) -> None:
        """Run `worker` and everyone it lets go on, until all of them wait or have ended."""
        self._ready.append(worker)
        self.drain()

    def drain(self) -> None:
        """Run every worker that may go on, in the order in which it was let go."""
        driver = get_ident()
        ready = self._ready
        while ready:
            worker = ready.popleft()
            self.current = worker
            self.running = worker.ident
            back = worker.run(DEADLINE_S)
            self.current = None
            self.running = driver
            if not back:
                raise HarnessError(
                    f"{worker.name} did not come back within {DEADLINE_S:g} s of real time, so it waits for "
                    f"something the harness cannot see, at {_whereabouts(worker.ident)}"
                )
            if worker.error is not None:
                error, worker.error = worker.error, None
                raise error

    def next_timer_ms(self) -> int | None:
        """When virtual time resumes the next call."""
        timers = self._timers
        while timers and timers[0][1] != timers[0][2].ticket:
            heappop(timers)
        return timers[0][0] if timers else None

    def fire(self) -> None:
        """Resume the call whose time has come; the clock stands at its instant."""
        worker = heappop(self._timers)[2]
        worker.ticket = 0
        if worker.waits_in is not None:
            worker.waits_in.forget(worker)
            worker.waits_in = None
        self.resume(worker)

    def close(self) -> None:
        """Unwind every worker and end it."""
        self.closing = True
        self._ready.clear()
        try:
            for worker in self._workers:
                if not worker.idle and not worker.lost:
                    self.resume(worker)
        finally:
            ended = [w for w in self._workers if w.idle]
            for worker in ended:
                worker.end()
            if self.threaded and self._workers:
                CORE.release()
            self._workers.clear()

    # -- the side of the call that runs -------------------------------------------------------------------

    def check_thread(self) -> None:
        """ForbiddenCall when a thread the harness does not drive uses something of the subject."""
        if get_ident() != self.running:
            raise self.refuse(
                f"thread {threading.current_thread().name!r} uses a lock of the subject, but the harness drives "
                "the subject's threads itself: let the component work in the calls it is given"
            )

    def refuse(self, message: str) -> ForbiddenCall:
        """The error to raise in the subject; remembered, because the subject may swallow it."""
        error = ForbiddenCall(message)
        self.trouble = self.trouble or error
        return error

    def wait(self, queue: Queue | None, timeout_ms: int | None) -> bool:
        """Stop the running call until it is let go; False when `timeout_ms` of virtual time passed first."""
        worker = self.current
        if worker is None:
            raise WouldBlock
        worker.waits_in = queue
        worker.granted = False
        if timeout_ms is not None:
            self._tickets += 1
            worker.ticket = self._tickets
            heappush(self._timers, (self.clock.elapsed_ms + timeout_ms, self._tickets, worker))
        worker.park()
        return worker.granted

    def let_go(self, worker: Worker) -> None:
        """What `worker` waited for is there: it goes on within this step."""
        worker.waits_in = None
        worker.ticket = 0
        worker.granted = True
        self._ready.append(worker)

    def sleep(self, seconds: float) -> None:
        """`time.sleep` in virtual time."""
        self.check_thread()
        if self.current is None:
            raise self.refuse(
                "the subject calls time.sleep where no time can pass: outside its calls, or on an event loop"
            )
        if seconds > 0 and not self.closing:
            self.wait(None, whole_ms(seconds))


def whole_ms(seconds: float) -> int:
    """Rounded up, so that a wait never ends early."""
    return max(0, -int(-seconds * 1000 // 1))


def _whereabouts(ident: int) -> str:
    frame = sys._current_frames().get(ident)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"
