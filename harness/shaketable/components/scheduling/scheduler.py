"""Runs workers one at a time: each carries one sync call and stops where that call must wait.

Control passes from the driver to a worker and comes back when the worker's call ends, waits in the protected function,
or would block in a lock or a sleep. So the driver knows where every call waits as soon as it has control.

    scheduler = Scheduler(clock)
    worker = scheduler.take()
    worker.give(call_the_component, "call-1")
    scheduler.resume(worker)     # returns when call-1 waits or has ended
    scheduler.let_go(worker)     # the thing it waited for is there ...
    scheduler.drain()            # ... and it runs on
    scheduler.close()

A worker that blocks in something that the scheduler cannot see (a lock made before the run, a socket) is reported by its
position after `DEADLINE_S` of real time: the only use of real time here, and only with threads.
"""

from __future__ import annotations

import sys
import threading
from _thread import allocate_lock, get_ident
from collections import deque
from heapq import heappop, heappush

from shaketable.components.clock import VirtualClock
from shaketable.components.interface.adapter import Carrier
from shaketable.components.scheduling.greenlet_worker import GreenletWorker
from shaketable.components.scheduling.thread_worker import CORE_AFFINITY, ThreadWorker
from shaketable.components.scheduling.watchdog import place_of
from shaketable.components.scheduling.worker import WaitQueue, Worker
from shaketable.errors import ForbiddenCall, HarnessError, InvalidCompletion

DEADLINE_S = 5.0
"""Real seconds that a call may run on its own before it is taken to block where the harness cannot see."""


class WouldBlock(BaseException):
    """Raised in the driver when it would wait for a lock that a call in flight holds."""


class Scheduler:
    """Gives control to one worker at a time and lets virtual time resume those that wait for it.

    `current` is the worker that has control, None while the driver has it; `running` is the thread that may use what
    belongs to the subject. While `taking_turns`, calls that can run on take turns at every lock. `trouble` is the first error that the subject was given and may have swallowed.
    """

    def __init__(self, clock: VirtualClock, carrier: Carrier = "threads") -> None:
        self.clock = clock
        self.threaded = carrier == "threads"
        self.current: Worker | None = None
        self.closing = False
        self.trouble: HarnessError | None = None
        self.running = get_ident()
        self.taking_turns = False
        self._home = allocate_lock()
        self._home.acquire()
        self._ready: deque[Worker] = deque()
        self._timers: list[
            tuple[int, int, Worker]
        ] = []  # (due_ms, ticket, worker); stale if the ticket differs
        self._tickets = 0
        self._workers: list[Worker] = []

    # -- called by the driver ------------------------------------------------------------------------------

    def take(self) -> Worker:
        """Return an idle worker, a new one if need be.

        If `threaded`, call it before the patches are applied: threads need real locks.
        """
        for worker in self._workers:
            if worker.idle:
                return worker
        if self.threaded and not self._workers:
            CORE_AFFINITY.hold()
        worker = ThreadWorker(self, self._home) if self.threaded else GreenletWorker(self)
        self._workers.append(worker)
        return worker

    def resume(self, worker: Worker) -> None:
        """Run `worker` and all that it lets go on, until each of them waits or has ended."""
        self._ready.append(worker)
        self.drain()

    def enqueue(self, worker: Worker) -> None:
        """Let `worker` run at the next `drain`."""
        self._ready.append(worker)

    def drain(self) -> None:
        """Run every worker that may go on, in the order in which they were let go."""
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
                raise InvalidCompletion(
                    f"{worker.name} did not come back within {DEADLINE_S:g} s of real time, at "
                    f"{_position(worker.ident)}: it loops for ever, or waits for something the harness cannot see"
                )
            if worker.error is not None:
                error, worker.error = worker.error, None
                raise error

    def next_timer_ms(self) -> int | None:
        """Return when virtual time resumes the next call."""
        timers = self._timers
        while timers and timers[0][1] != timers[0][2].ticket:
            heappop(timers)
        return timers[0][0] if timers else None

    def fire(self) -> None:
        """Resume the call whose timer is due; the clock stands at its instant."""
        worker = heappop(self._timers)[2]
        worker.ticket = 0
        if worker.waits_in is not None:
            worker.waits_in.forget(worker)
            worker.waits_in = None
        self.resume(worker)

    def abandon(self) -> None:
        """Let no worker that has begun run on before `close`: what it waits for is forgotten, and so is its timer."""
        self._ready.clear()
        for worker in self._workers:
            worker.ticket = 0
            if worker.waits_in is not None:
                worker.waits_in.forget(worker)
                worker.waits_in = None

    def close(self) -> None:
        """Unwind every worker and end it."""
        self.closing = True
        self._ready.clear()
        try:
            for worker in self._workers:
                if not worker.idle and not worker.lost:
                    self.resume(worker)
        finally:
            for worker in [one for one in self._workers if one.idle]:
                worker.end()
            if self.threaded and self._workers:
                CORE_AFFINITY.release()
            self._workers.clear()

    # -- called by the call that has control ---------------------------------------------------------------

    def check_thread(self) -> None:
        """Raise ForbiddenCall if a thread that the harness does not drive uses something of the subject."""
        if get_ident() != self.running:
            raise self.refuse(
                f"thread {threading.current_thread().name!r} uses a lock of the subject, but the harness drives "
                "the subject's threads itself: let the component work in the calls it is given"
            )

    def refuse(self, message: str) -> ForbiddenCall:
        """Return the error to raise in the subject, and keep it as `trouble`: the subject may swallow it."""
        error = ForbiddenCall(message)
        self.trouble = self.trouble or error
        return error

    def wait(self, queue: WaitQueue | None, timeout_ms: int | None) -> bool:
        """Stop the running call until it is let go; return False if `timeout_ms` of virtual time passed first.

        Raises WouldBlock when the driver itself has control.
        """
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

    def give_way(self) -> None:
        """Let the others that can run do so before the running call does, if they are taking turns."""
        worker = self.current
        if self.taking_turns and self._ready and worker is not None and not self.closing:
            self._ready.append(worker)
            worker.park()

    def let_go(self, worker: Worker) -> None:
        """Grant `worker` what it waits for: it runs on within this step."""
        worker.waits_in = None
        worker.ticket = 0
        worker.granted = True
        self._ready.append(worker)

    def sleep(self, seconds: float) -> None:
        """Do what `time.sleep` does, in virtual time."""
        self.check_thread()
        if self.current is None:
            raise self.refuse(
                "the subject calls time.sleep where no time can pass: outside its calls, or on an event loop"
            )
        if seconds > 0 and not self.closing:
            self.wait(None, whole_ms(seconds))


def whole_ms(seconds: float) -> int:
    """Round up, so that a wait never ends early."""
    return max(0, -int(-seconds * 1000 // 1))


def _position(ident: int) -> str:
    frame = sys._current_frames().get(ident)
    place, _ = place_of(frame)
    if place:
        return place
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"
