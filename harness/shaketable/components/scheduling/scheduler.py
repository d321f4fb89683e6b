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
from collections.abc import Iterable
from heapq import heappop, heappush
from types import FrameType

from shaketable.components.clock import VirtualClock
from shaketable.components.interface.adapter import Carrier
from shaketable.components.scheduling.call_order import CallOrder
from shaketable.components.scheduling.greenlet_worker import GreenletWorker
from shaketable.components.scheduling.line_touches import OUTSIDE, LineTouch, touch_above, touch_of
from shaketable.components.scheduling.standing import Standing
from shaketable.components.scheduling.thread_worker import CORE_AFFINITY, ThreadWorker
from shaketable.components.scheduling.worker import WaitQueue, Worker
from shaketable.errors import ForbiddenCall, HarnessError, InvalidCompletion

DEADLINE_S = 15.0
"""Real seconds that a call may run on its own before it is taken to block where the harness cannot see.

Less than a run may take (`watchdog.RUN_S`). Time in which the machine had no processor for it does not count.
"""


class WouldBlock(BaseException):
    """Raised in the driver when it would wait for a lock that a call in flight holds."""


class Scheduler:
    """Gives control to one worker at a time and lets virtual time resume those that wait for it.

    `current` is the worker that has control, None while the driver has it; `running` is the thread that may use what
    belongs to the subject. While `taking_turns`, calls that can run on take turns at every lock; with an `order`, that
    decides at every lock and line. `trouble` is the first error that the subject was given and may have swallowed.
    """

    def __init__(self, clock: VirtualClock, carrier: Carrier = "threads") -> None:
        self.clock = clock
        self.threaded = carrier == "threads"
        self.current: Worker | None = None
        self.closing = False
        self.trouble: HarnessError | None = None
        self.running = get_ident()
        self.taking_turns = False
        self.order: CallOrder | None = None
        self._decided: tuple[Worker | None] | None = None  # what a call that stopped for it has chosen
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
        self.enqueue(worker)
        self.drain()

    def enqueue(self, worker: Worker) -> None:
        """Let `worker` begin at the next `drain`."""
        if self.order is not None:
            worker.standing = self.order.stand(worker.name, "BEGIN", OUTSIDE)
        self._ready.append(worker)

    def drain(self) -> None:
        """Run every worker that may go on, in the order in which they were let go.

        With an order, as that decides; it may have the next step of the schedule happen first.
        """
        driver = get_ident()
        ready = self._ready
        while ready:
            if self.order is None:
                worker = ready.popleft()
            elif (chosen := self._choose(self.order)) is None:
                return
            else:
                worker = chosen
            self.current = worker
            self.running = worker.ident
            back = worker.run(DEADLINE_S)
            self.current = None
            self.running = driver
            if not back:
                raise InvalidCompletion(
                    f"{worker.name} did not come back within {DEADLINE_S:g} s of real time, at "
                    f"{worker.silence}: it loops for ever, or waits for something "
                    "the harness cannot see"
                )
            if worker.error is not None:
                error, worker.error = worker.error, None
                raise error

    def is_ready(self, worker: Worker) -> bool:
        """Tell whether `worker` may go on and has not yet."""
        return worker in self._ready

    def next_timer_ms(self) -> int | None:
        """Return when virtual time resumes the next call."""
        timers = self._timers
        while timers and timers[0][1] != timers[0][2].ticket:
            heappop(timers)
        return timers[0][0] if timers else None

    def fire(self) -> None:
        """Resume the call whose timer is due; the clock stands at its instant. With an order, all that are due then."""
        due_ms = self._fire_first()
        while self.order is not None and self.next_timer_ms() == due_ms:
            self._fire_first()
        self.drain()

    def abandon(self) -> None:
        """Let no worker that has begun run on before `close`: what it waits for is forgotten, and so is its timer."""
        self._ready.clear()
        self._decided = None
        for worker in self._workers:
            worker.ticket = 0
            if worker.waits_in is not None:
                worker.waits_in.forget(worker)
                worker.waits_in = None

    def close(self) -> None:
        """Unwind every worker and end it."""
        self.closing = True
        self.order = None
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
        if self.order is not None:
            worker.place = touch_above(sys._getframe(1))
            self.order.leave_midway(worker.name, worker.place)
        if timeout_ms is not None:
            self._tickets += 1
            worker.ticket = self._tickets
            heappush(self._timers, (self.clock.elapsed_ms + timeout_ms, self._tickets, worker))
        worker.park()
        return worker.granted

    def give_way(self, frame: FrameType | None = None) -> None:
        """Let the others that can run do so before the running call does, if they are taking turns.

        With an order, let that decide who goes on. `frame` is where the call is about to run a line; without it, it is at a lock.
        """
        worker = self.current
        if worker is None or self.closing or not self.taking_turns:
            return
        if self.order is not None:
            if frame is not None:
                self._reach(self.order, worker, "LINE", touch_of(frame))
            else:
                self._reach(self.order, worker, "LOCK", touch_above(sys._getframe(1)))
        elif self._ready:
            self._ready.append(worker)
            worker.park()

    def let_go(self, worker: Worker) -> None:
        """Grant `worker` what it waits for: it runs on within this step."""
        worker.waits_in = None
        worker.ticket = 0
        worker.granted = True
        self._let_run(worker)

    def sleep(self, seconds: float) -> None:
        """Do what `time.sleep` does, in virtual time."""
        self.check_thread()
        if self.current is None:
            raise self.refuse(
                "the subject calls time.sleep where no time can pass: outside its calls, or on an event loop"
            )
        if seconds > 0 and not self.closing:
            self.wait(None, whole_ms(seconds))

    # -- orders --------------------------------------------------------------------------------------------

    def _reach(self, order: CallOrder, worker: Worker, verb: str, touch: LineTouch) -> None:
        """Stop the running call at a point of its own if another one goes on first."""
        standing = order.stand(worker.name, verb, touch)
        if not self._ready and order.step is None:
            order.go_on(standing)
            return
        chosen = order.choose([standing, *_standings(self._ready)])
        if chosen is standing:
            return
        self._decided = (None if chosen is None else _whose(chosen, self._ready),)
        worker.standing = standing
        self._ready.appendleft(worker)  # in the calm order it would run on
        worker.park()

    def _choose(self, order: CallOrder) -> Worker | None:
        """Take out of those that are ready which goes on; None if the next step of the schedule happens first."""
        if self._decided is not None:
            (worker,) = self._decided
            self._decided = None
        else:
            chosen = order.choose(_standings(self._ready))
            worker = None if chosen is None else _whose(chosen, self._ready)
        if worker is not None:
            self._ready.remove(worker)
        return worker

    def _let_run(self, worker: Worker) -> None:
        if self.order is not None:
            worker.standing = self.order.stand(worker.name, "WAKE", worker.place)
        self._ready.append(worker)

    def _fire_first(self) -> int:
        """Let the call run whose timer is due first, and return when it is."""
        due_ms, _, worker = heappop(self._timers)
        worker.ticket = 0
        if worker.waits_in is not None:
            worker.waits_in.forget(worker)
            worker.waits_in = None
        self._let_run(worker)
        return due_ms


def _standings(ready: Iterable[Worker]) -> list[Standing]:
    return [one.standing for one in ready if one.standing is not None]


def _whose(standing: Standing, ready: Iterable[Worker]) -> Worker:
    return next(worker for worker in ready if worker.standing is standing)


def whole_ms(seconds: float) -> int:
    """Round up, so that a wait never ends early."""
    return max(0, -int(-seconds * 1000 // 1))
