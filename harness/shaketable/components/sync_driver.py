"""Drives sync calls: each runs on a worker, a thread or a greenlet, that is parked where the call waits."""

from __future__ import annotations

import inspect
from functools import partial

from shaketable.components.adapter import Carrier, Listenable, Make, SyncAdapter, TimeWay
from shaketable.components.call import Call
from shaketable.components.driver import Driver
from shaketable.components.worker import Abandoned
from shaketable.errors import InvalidCompletion
from shaketable.schedule import Step
from shaketable.subject import ComponentContext


class SyncDriver(Driver):
    """Drives a component whose `call` is an ordinary method."""

    adapter: SyncAdapter

    def __init__(
        self,
        context: ComponentContext,
        make: Make[SyncAdapter],
        way: TimeWay,
        recovery: tuple[Step, ...],
        carrier: Carrier,
    ) -> None:
        super().__init__(context, make, way, recovery, carrier)

    def _prepare(self) -> None:
        self.scheduler.take()

    def _start(self, call: Call) -> None:
        worker = self.scheduler.take()
        worker.give(partial(self._carry, call), call.process)
        self.scheduler.resume(worker)

    def _carry(self, call: Call) -> None:
        def protected() -> str:
            return self._protected(call)

        try:
            result = self.adapter.call(protected)
        except Abandoned:
            raise
        except BaseException as error:  # all that surfaces is what the component's caller sees
            self.recorder.failed(call, error)
            return
        if inspect.iscoroutine(result):
            result.close()
            wrong = (
                f"{type(self.adapter).__name__}.call returned a coroutine: declare the component as asyncio"
            )
            self.recorder.failed(call, InvalidCompletion(wrong))
            return
        self.recorder.succeeded(call, result)

    def _protected(self, call: Call) -> str:
        self.recorder.entered(call)
        call.parked = self.scheduler.current
        self.scheduler.wait(None, None)
        call.parked = None
        self.recorder.left(call, call.ending)
        return call.end_function()

    def _finish(self, call: Call) -> None:
        if call.parked is not None:
            self.scheduler.let_go(call.parked)
            self.scheduler.drain()

    def _cancel(self, call: Call) -> None:
        # A call that waits for a lock cannot be interrupted: only the protected function can.
        if call.inside:
            call.cancelled = True
            call.ending = "cancelled"
            self._finish(call)

    def _listen(self, adapter: Listenable, raising: bool) -> None:
        # On a worker of its own: registering may wait for a lock that a call in call holds.
        worker = self.scheduler.take()
        worker.give(partial(adapter.listen, partial(self._called_back, raising)), "listener")
        self.scheduler.resume(worker)

    def _pass_time(self, until_ms: int) -> None:
        while (timer_ms := self.scheduler.next_timer_ms()) is not None and timer_ms <= until_ms:
            self.patches.advance_to(timer_ms)
            self.scheduler.fire()
        self.patches.advance_to(until_ms)

    def _next_timer_ms(self) -> int | None:
        return self.scheduler.next_timer_ms()

    def _end(self) -> None:
        self.scheduler.close()
