"""Drives sync calls: each runs on a worker, a thread or a greenlet, that is parked where the call waits."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import assert_never

from shaketable.components.calls.call import Call, throw
from shaketable.components.driving.driver import Driver
from shaketable.components.interface.adapter import Cancelled
from shaketable.components.interface.fault_points import LOST, error_of
from shaketable.components.interface.interface import CANCELLED
from shaketable.components.scheduling.call_order import CallOrder
from shaketable.components.scheduling.switch_points import LineTurns, SwitchPoint
from shaketable.components.scheduling.worker import Abandoned
from shaketable.errors import InvalidCompletion
from shaketable.faults.points import PointCancel, PointCrash, PointDelay, PointFail, PointLoss
from shaketable.history import Json


class SyncDriver(Driver):
    """Drives a component whose methods are ordinary ones."""

    def _prepare(self) -> None:
        self.scheduler.take()

    def _start(self, call: Call) -> None:
        call.worker = worker = self.scheduler.take()
        carry = self._carry
        if self.scheduler.threaded and (call.stop_at > 0 or call.lines or self.order is not None):
            carry = self._carry_to_a_stop if call.stop_at > 0 else self._carry_by_line
        worker.give(partial(carry, call), call.process)
        self.scheduler.enqueue(worker)

    def _carry_to_a_stop(self, call: Call) -> None:
        def stop(place: str) -> None:
            self.recorder.stopped(call, place)
            call.stopped = self.scheduler.current
            self.scheduler.wait(None, None)

        switch = SwitchPoint(call.stop_at, stop)
        switch.start()
        try:
            self._carry(call)
        finally:
            switch.end()

    def _carry_by_line(self, call: Call) -> None:
        turns = LineTurns(self.scheduler.give_way)
        turns.start()
        try:
            self._carry(call)
        finally:
            turns.end()

    def _decide_orders(self, order: CallOrder | None) -> None:
        self.scheduler.order = order
        self.scheduler.taking_turns = order is not None

    def _may_end(self, call: Call) -> bool:
        return (
            call.parked is not None
            and call.parked.waits_in is None
            and not self.scheduler.is_ready(call.parked)
        )

    def _may_go_on(self, call: Call) -> bool:
        return call.worker is not None and call.worker.waits_in is None

    def _run(self, *, together: bool) -> None:
        if self.order is not None:
            self.scheduler.drain()
            return
        self.scheduler.taking_turns = together
        self.scheduler.drain()
        self.scheduler.taking_turns = False

    def _go_on(self, call: Call) -> None:
        worker, call.stopped = call.stopped, None
        if worker is not None:
            self.recorder.goes_on(call)
            self.scheduler.let_go(worker)
            self.scheduler.drain()

    def _carry(self, call: Call) -> None:
        def protected() -> Json:
            return self._protected(call)

        method = call.method
        try:
            bound = self.component.methods[method.name]
            result = bound(protected, **call.arguments) if method.runs else bound(**call.arguments)
        except Abandoned:
            raise
        except BaseException as error:  # all that surfaces is what the component's caller sees
            self._trace_no_more(call)
            self.recorder.failed(call, error)
            return
        self._trace_no_more(call)
        if inspect.iscoroutine(result):
            result.close()
            wrong = (
                f"{self.component.name}.{method.name} returned a coroutine: declare the component as asyncio"
            )
            self.recorder.failed(call, InvalidCompletion(wrong))
            return
        self.recorder.succeeded(call, result)

    def _trace_no_more(self, call: Call) -> None:
        turns, call.turns = call.turns, None
        if turns is not None:
            turns.end()

    def _protected(self, call: Call) -> Json:
        self.recorder.entered(call)
        call.parked = self.scheduler.current
        self.scheduler.wait(None, None)
        call.parked = None
        if call.lines and call.turns is None and self.scheduler.threaded:
            call.turns = LineTurns(self.scheduler.give_way)
            call.turns.start()
        self.recorder.left(call, call.ending)
        return call.end_function()

    def _finish(self, call: Call) -> None:
        if call.parked is not None:
            self.scheduler.let_go(call.parked)

    def _cancel(self, call: Call) -> None:
        # A call that waits for a lock cannot be interrupted: only the protected function can.
        if call.inside:
            call.cancelled = True
            call.ending = CANCELLED
            self._finish(call)

    def _listen(self, listen: Callable[..., None], callback: Callable[[], None]) -> None:
        # On a worker of its own: registering may wait for a lock that a call in flight holds.
        worker = self.scheduler.take()
        worker.give(partial(listen, callback), "listener")
        self.scheduler.resume(worker)

    def _pass_time(self, until_ms: int) -> None:
        while (timer_ms := self.scheduler.next_timer_ms()) is not None and timer_ms <= until_ms:
            self.patches.advance_to(timer_ms)
            self.scheduler.fire()
        self.patches.advance_to(until_ms)

    def _next_timer_ms(self) -> int | None:
        return self.scheduler.next_timer_ms()

    def _reach(self, point: str) -> None:
        worker = self.scheduler.current
        if worker is None:  # the harness builds the component or reads its state
            return
        call = next((one for one in self.recorder.pending.values() if one.worker is worker), None)
        fault = self._land(point, call)
        match fault:
            case None:
                return
            case PointFail():
                throw(call, point, error_of(fault))
            case PointLoss(timeout_ms=timeout_ms):
                self._stand(call, timeout_ms)
                throw(call, point, TimeoutError(LOST))
            case PointDelay(for_ms=for_ms):
                self._stand(call, for_ms)
            case PointCancel():
                assert call is not None
                call.cancelled = True
                raise Cancelled(call.process)
            case PointCrash():
                self._crash()
                worker.park()
            case _:
                assert_never(fault)

    def _stand(self, call: Call | None, for_ms: int) -> None:
        if call is not None:
            call.at_point = True
        self.scheduler.wait(None, for_ms)
        if call is not None:
            call.at_point = False

    def _drop(self) -> None:
        self.scheduler.abandon()

    def _end(self) -> None:
        self.scheduler.close()
