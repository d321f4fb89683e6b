"""Drives asyncio calls: each is a task on a loop of virtual time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from functools import partial

from shaketable.components.adapter import AsyncAdapter, Listenable, Make, TimeWay
from shaketable.components.call import Call
from shaketable.components.driver import Driver
from shaketable.components.scheduler import WouldBlock
from shaketable.errors import InvalidCompletion
from shaketable.schedule import Step
from shaketable.sim.loop import SimLoop
from shaketable.subject import ComponentContext


class AsyncDriver(Driver):
    """Drives a component whose `call` is a coroutine function."""

    adapter: AsyncAdapter

    def __init__(
        self, context: ComponentContext, make: Make[AsyncAdapter], way: TimeWay, recovery: tuple[Step, ...]
    ) -> None:
        self._loop = SimLoop()  # type: ignore[abstract]  # what it lacks is refused
        super().__init__(context, make, way, recovery)

    def apply_all(self, steps: Sequence[Step]) -> None:
        """See `Driver.apply_all`."""
        with self._loop:
            super().apply_all(steps)

    def _prepare(self) -> None:
        return

    def _start(self, call: Call) -> None:
        call.task = self._loop.create_task(self._carry(call))
        self._loop.run_ready()

    async def _carry(self, call: Call) -> None:
        async def protected() -> str:
            return await self._protected(call)

        try:
            awaitable = self.adapter.call(protected)
            if not inspect.isawaitable(awaitable):
                wrong = (
                    f"{type(self.adapter).__name__}.call returned no awaitable: declare the component as sync"
                )
                raise InvalidCompletion(wrong)
            result = await awaitable
        except GeneratorExit:
            raise
        except WouldBlock:  # on a real loop nothing would ever run again; here only this call is lost
            self.recorder.blocked(call)
            self.recorder.stuck(call)
        except BaseException as error:  # all that surfaces is what the component's caller sees
            self.recorder.failed(call, error)
        else:
            self.recorder.succeeded(call, result)

    async def _protected(self, call: Call) -> str:
        self.recorder.entered(call)
        gate = call.gate = self._loop.create_future()
        try:
            await gate
        except asyncio.CancelledError as error:
            call.error = error
            self.recorder.left(call, "cancelled")
            raise
        self.recorder.left(call, call.ending)
        return call.end_function()

    def _finish(self, call: Call) -> None:
        if call.gate is not None and not call.gate.done():
            call.gate.set_result(None)
            self._loop.run_ready()

    def _cancel(self, call: Call) -> None:
        if call.task is not None:
            call.cancelled = True
            call.task.cancel()
            self._loop.run_ready()

    def _listen(self, adapter: Listenable, raising: bool) -> None:
        adapter.listen(partial(self._called_back, raising))

    def _pass_time(self, until_ms: int) -> None:
        loop = self._loop
        while (timer_ms := loop.next_timer_ms()) is not None and timer_ms <= until_ms:
            self.patches.advance_to(max(timer_ms, self.now_ms))
            loop.advance_to(self.now_ms)
        self.patches.advance_to(until_ms)
        loop.advance_to(until_ms)

    def _next_timer_ms(self) -> int | None:
        return self._loop.next_timer_ms()

    def _end(self) -> None:
        self._loop.close()
