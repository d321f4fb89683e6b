"""Drives asyncio calls: each is a task on a loop of virtual time."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Sequence
from typing import assert_never

from shaketable.components.calls.call import Call, throw
from shaketable.components.driving.driver import Driver
from shaketable.components.driving.incarnation import Setup
from shaketable.components.driving.task_loop import CALL, TaskLoop
from shaketable.components.interface.fault_points import LOST, error_of
from shaketable.components.interface.interface import CANCELLED
from shaketable.components.scheduling.call_order import CallOrder
from shaketable.components.scheduling.scheduler import WouldBlock
from shaketable.errors import InvalidCompletion
from shaketable.faults.points import PointCancel, PointCrash, PointDelay, PointFail, PointLoss
from shaketable.history import Json
from shaketable.schedule import Step
from shaketable.sim.loop import SimLoop
from shaketable.sim.owner import OWNER, Owner
from shaketable.subject import ComponentContext


class AsyncDriver(Driver):
    """Drives a component whose methods are coroutine functions."""

    def __init__(self, context: ComponentContext, setup: Setup) -> None:
        self._loop = SimLoop() if context.orders is None else TaskLoop()  # type: ignore[abstract]  # what they lack is refused
        self._power = Owner()
        super().__init__(context, setup)

    def apply_all(self, steps: Sequence[Step]) -> None:
        """See `Driver.apply_all`."""
        with self._loop:
            super().apply_all(steps)

    def _prepare(self) -> None:
        return

    def _start(self, call: Call) -> None:
        context = None if self.points is None and self.order is None else self._context_of(call)
        call.task = self._loop.create_task(self._carry(call), context=context)

    def _context_of(self, call: Call) -> contextvars.Context:
        context = contextvars.copy_context()
        context.run(CALL.set, call)
        context.run(OWNER.set, self._power)
        return context

    async def _carry(self, call: Call) -> None:
        async def protected() -> Json:
            return await self._protected(call)

        method = call.method
        try:
            bound = self.component.methods[method.name]
            awaitable = bound(protected, **call.arguments) if method.runs else bound(**call.arguments)
            if not inspect.isawaitable(awaitable):
                wrong = f"{self.component.name}.{method.name} returned no awaitable: declare the component as sync"
                raise InvalidCompletion(wrong)
            if inspect.iscoroutine(awaitable) and awaitable.cr_code is protected.__code__:
                awaitable.close()
                raise InvalidCompletion(
                    f"{self.component.name}.{method.name} handed back its function's coroutine without awaiting it: declare "
                    "the component with sync=True"
                )
            result = await awaitable
            if inspect.iscoroutine(result):
                result.close()
                raise InvalidCompletion(
                    f"{self.component.name}.{method.name} answered with a coroutine that it never awaited: let it await what it "
                    "calls"
                )
        except GeneratorExit:
            raise
        except WouldBlock:  # on a real loop nothing would ever run again; here only this call is lost
            self.recorder.blocked(call)
            self.recorder.stuck(call)
        except BaseException as error:  # all that surfaces is what the component's caller sees
            self.recorder.failed(call, error)
        else:
            self.recorder.succeeded(call, result)

    async def _protected(self, call: Call) -> Json:
        self.recorder.entered(call)
        gate = call.gate = self._loop.create_future()
        try:
            await gate
        except asyncio.CancelledError as error:
            call.error = error
            self.recorder.left(call, CANCELLED)
            raise
        self.recorder.left(call, call.ending)
        return call.end_function()

    def _finish(self, call: Call) -> None:
        if call.gate is not None and not call.gate.done():
            call.gate.set_result(None)

    def _cancel(self, call: Call) -> None:
        if call.task is not None:
            call.cancelled = True
            call.task.cancel()

    def _decide_orders(self, order: CallOrder | None) -> None:
        if isinstance(self._loop, TaskLoop):
            self._loop.order = order

    def _may_end(self, call: Call) -> bool:
        return call.gate is not None and not call.gate.done()

    def _may_go_on(self, call: Call) -> bool:
        return isinstance(self._loop, TaskLoop) and self._loop.has_ready(call)

    def _may_cancel(self, call: Call) -> bool:
        """Tell whether its task has begun: one that has not would end without a word."""
        task = call.task
        if call.done or task is None:
            return False
        coroutine = task.get_coro()
        return (
            not inspect.iscoroutine(coroutine) or inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED
        )

    def _run(self, *, together: bool) -> None:
        self._loop.run_ready()

    def _go_on(self, call: Call) -> None:
        return

    def _listen(self, listen: Callable[..., None], callback: Callable[[], None]) -> None:
        listen(callback)

    def _pass_time(self, until_ms: int) -> None:
        loop = self._loop
        while (timer_ms := loop.next_timer_ms()) is not None and timer_ms <= until_ms:
            self.patches.advance_to(max(timer_ms, self.now_ms))
            loop.advance_to(self.now_ms)
        self.patches.advance_to(until_ms)
        loop.advance_to(until_ms)

    def _next_timer_ms(self) -> int | None:
        return self._loop.next_timer_ms()

    async def _reach(self, point: str) -> None:
        call = CALL.get()
        if call is not None and call.done:  # a task that it started and left behind
            call = None
        fault = self._land(point, call)
        match fault:
            case None:
                return
            case PointFail():
                throw(call, point, error_of(fault))
            case PointLoss(timeout_ms=timeout_ms):
                await self._stand(call, timeout_ms)
                throw(call, point, TimeoutError(LOST))
            case PointDelay(for_ms=for_ms):
                await self._stand(call, for_ms)
            case PointCancel():
                assert call is not None
                assert call.task is not None
                call.cancelled = True
                call.task.cancel()
                await asyncio.sleep(0)  # the cancellation arrives at an await: at this one
            case PointCrash():
                self._crash()
                await self._loop.create_future()
            case _:
                assert_never(fault)

    async def _stand(self, call: Call | None, for_ms: int) -> None:
        if call is not None:
            call.at_point = True
        try:
            await self._loop.sleep(for_ms)
        finally:
            if call is not None:
                call.at_point = False

    def _drop(self) -> None:
        self._power.alive = False
        self._power = Owner()

    def _end(self) -> None:
        self._loop.close()
        for call in self.recorder.pending.values():
            call.task = None  # its context, which has the call for fault points, would be a circle
