"""Asyncio calls: each is a task on a loop of virtual time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from functools import partial

from shaketable.components.adapter import AsyncAdapter, Listenable, Make, TimeWay
from shaketable.components.call import Flight
from shaketable.components.driver import Drive
from shaketable.components.scheduler import WouldBlock
from shaketable.errors import InvalidCompletion
from shaketable.schedule import Step
from shaketable.sim.loop import SimLoop
from shaketable.subject import ComponentContext


class TaskDrive(Drive):
    """Drives a component whose `call` is a coroutine function."""

    adapter: AsyncAdapter

    def __init__(self, context: ComponentContext, make: Make[AsyncAdapter], way: TimeWay) -> None:
        self._loop = SimLoop()  # type: ignore[abstract]  # what it lacks is refused
        super().__init__(context, make, way)

    def apply_all(self, steps: Sequence[Step]) -> None:
        """See `Drive.apply_all`."""
        with self._loop:
            super().apply_all(steps)

    def _prepare(self) -> None:
        return

    def _start(self, flight: Flight) -> None:
        flight.task = self._loop.create_task(self._carry(flight))
        self._loop.run_ready()

    async def _carry(self, flight: Flight) -> None:
        async def protected() -> str:
            return await self._protected(flight)

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
            self.journal.blocked(flight)
            self.journal.stuck(flight)
        except BaseException as error:  # whatever surfaces is what the caller of the component sees
            self.journal.failed(flight, error)
        else:
            self.journal.succeeded(flight, result)

    async def _protected(self, flight: Flight) -> str:
        self.journal.entered(flight)
        gate = flight.gate = self._loop.create_future()
        try:
            await gate
        except asyncio.CancelledError as error:
            flight.error = error
            self.journal.left(flight, "cancelled")
            raise
        self.journal.left(flight, flight.leaving)
        return flight.leave()

    def _finish(self, flight: Flight) -> None:
        if flight.gate is not None and not flight.gate.done():
            flight.gate.set_result(None)
            self._loop.run_ready()

    def _cancel(self, flight: Flight) -> None:
        if flight.task is not None:
            flight.cancelled = True
            flight.task.cancel()
            self._loop.run_ready()

    def _listen(self, adapter: Listenable, raising: bool) -> None:
        adapter.listen(partial(self._called_back, raising))

    def _pass_time(self, until_ms: int) -> None:
        loop = self._loop
        while (timer_ms := loop.next_timer_ms()) is not None and timer_ms <= until_ms:
            self.stage.move(max(timer_ms, self.now_ms))
            loop.advance_to(self.now_ms)
        self.stage.move(until_ms)
        loop.advance_to(until_ms)

    def _next_timer_ms(self) -> int | None:
        return self._loop.next_timer_ms()

    def _end(self) -> None:
        self._loop.close()
