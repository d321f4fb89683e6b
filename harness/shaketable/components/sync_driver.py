"""Sync calls: each is carried by a worker, a thread or a greenlet, that is parked where it waits."""

from __future__ import annotations

import inspect
from functools import partial

from shaketable.components.adapter import Carrier, Listenable, Make, SyncAdapter, TimeWay
from shaketable.components.call import Flight
from shaketable.components.driver import Drive
from shaketable.components.worker import Abandoned
from shaketable.errors import InvalidCompletion
from shaketable.subject import ComponentContext


class ThreadDrive(Drive):
    """Drives a component whose `call` is an ordinary method."""

    adapter: SyncAdapter

    def __init__(
        self, context: ComponentContext, make: Make[SyncAdapter], way: TimeWay, carrier: Carrier
    ) -> None:
        super().__init__(context, make, way, carrier)

    def _prepare(self) -> None:
        self.baton.take()

    def _start(self, flight: Flight) -> None:
        worker = self.baton.take()
        worker.give(partial(self._carry, flight), flight.process)
        self.baton.resume(worker)

    def _carry(self, flight: Flight) -> None:
        def protected() -> str:
            return self._protected(flight)

        try:
            result = self.adapter.call(protected)
        except Abandoned:
            raise
        except BaseException as error:  # whatever surfaces is what the caller of the component sees
            self.journal.failed(flight, error)
            return
        if inspect.iscoroutine(result):
            result.close()
            wrong = (
                f"{type(self.adapter).__name__}.call returned a coroutine: declare the component as asyncio"
            )
            self.journal.failed(flight, InvalidCompletion(wrong))
            return
        self.journal.succeeded(flight, result)

    def _protected(self, flight: Flight) -> str:
        self.journal.entered(flight)
        flight.parked = self.baton.current
        self.baton.wait(None, None)
        flight.parked = None
        self.journal.left(flight, flight.leaving)
        return flight.leave()

    def _finish(self, flight: Flight) -> None:
        if flight.parked is not None:
            self.baton.let_go(flight.parked)
            self.baton.drain()

    def _cancel(self, flight: Flight) -> None:
        # A call that waits for a lock cannot be interrupted: only the protected function can.
        if flight.inside:
            flight.cancelled = True
            flight.leaving = "cancelled"
            self._finish(flight)

    def _listen(self, adapter: Listenable, raising: bool) -> None:
        # On a worker of its own: registering may wait for a lock that a call in flight holds.
        worker = self.baton.take()
        worker.give(partial(adapter.listen, partial(self._called_back, raising)), "listener")
        self.baton.resume(worker)

    def _pass_time(self, until_ms: int) -> None:
        while (timer_ms := self.baton.next_timer_ms()) is not None and timer_ms <= until_ms:
            self.stage.move(timer_ms)
            self.baton.fire()
        self.stage.move(until_ms)

    def _next_timer_ms(self) -> int | None:
        return self.baton.next_timer_ms()

    def _end(self) -> None:
        self.baton.close()
