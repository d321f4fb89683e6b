"""A message of which nothing goes wrong, where orders are decided: both legs arrive when they are chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from shaketable.boundary import Boundary
from shaketable.sim.loop import UNOWNED
from shaketable.sim.orders.arrival_order import ArrivalOrder
from shaketable.sim.orders.loop import OrderedLoop
from shaketable.sim.owner import Handle
from shaketable.sim.power import Power
from shaketable.sim.timing import REPLY_MS
from shaketable.sim.transit import Transit
from shaketable.sim.wire import ANSWERED, UNAWAITED, Wire

T = TypeVar("T")

_WITHOUT_EFFECT = frozenset({"FETCH"})
"""Requests that change and read nothing where they arrive: only when they are answered makes a difference."""
_ENDED = Handle(lambda: None, (), UNOWNED)


class Passage(Transit[T]):
    """A `Transit` that meets no fault when it is sent: it is timed only if it has to wait at the receiver, or goes wrong later.

    A run under a policy spends much of its time here. So the future that the sender waits for is made only if it has to wait.
    """

    __slots__ = ("_error", "_order", "_ordered", "_timer", "_value")

    def __init__(
        self,
        wire: Wire,
        order: ArrivalOrder,
        power: Power,
        sender: str,
        receiver: str,
        boundary: Boundary,
        timeout_ms: int,
    ) -> None:
        # What `Transit` sets is set here: a call more for each message would show.
        self.sender = sender
        self.receiver = receiver
        self._wire = wire
        self._power = power
        self._loop = loop = wire.loop
        self._ordered: OrderedLoop = loop  # type: ignore[assignment]  # it is that of a run with an order
        self._boundary = boundary
        self._timeout_ms = timeout_ms
        self._thread = order.thread(sender, loop)
        self._order = order
        self._timer: Handle | None = None
        self.answer = UNAWAITED

    async def carry(self, effect: Callable[[], T | asyncio.Future[T]]) -> T:
        """Send the message and wait for its answer."""
        self._effect = effect
        boundary, thread, loop = self._boundary, self._thread, self._ordered
        assert boundary is not None
        assert thread is not None  # the message has an address, and `wire` an order
        if boundary.route.verb in _WITHOUT_EFFECT:
            self._land()
            loop.arrive_alone()
        else:
            if hasattr(effect, "delayed"):
                effect.delayed()
            self._order.add(boundary, "request", thread, loop.virtual_ms, 0, self._land, ())
            if loop.arrive_alone():
                loop.arrive_alone()
        if self.answer is ANSWERED:
            return self._answered()
        answer = self.answer
        if answer is UNAWAITED:
            answer = self.answer = asyncio.Future(loop=loop)
        try:
            return await answer
        finally:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = _ENDED  # the timer itself refers to this
                self._wire.waiting.get(self.receiver, {}).pop(self.answer, None)
            self.answer = ANSWERED

    def _land(self) -> None:
        if self.receiver in self._wire.down:
            self._fail_soon(self._lost())
        else:
            self._execute()

    def _watch(self, work: asyncio.Future[T]) -> None:
        self._begin_timing()
        super()._watch(work)

    def _reply(self, value: T | None, error: BaseException | None) -> None:
        wire = self._wire
        if wire.arming.waiting or (self.sender, self.receiver) in wire.links:
            self._begin_timing()
            super()._reply(value, error)
            return
        arrival: tuple[Any, ...] = value, error
        assert self._boundary is not None
        assert self._thread is not None
        self._order.add(
            self._boundary, "reply", self._thread, self._ordered.virtual_ms, REPLY_MS, self._deliver, arrival
        )

    def _deliver(self, value: Any, error: BaseException | None) -> None:
        answer = self.answer
        if answer is UNAWAITED:
            self.answer = ANSWERED
            self._value: T = value
            self._error = error
        elif error is not None or answer.done():
            super()._deliver(value, error)
        else:
            answer.set_result(value)

    def _answered(self) -> T:
        """Return or raise the answer that came before its sender had to wait."""
        error = self._error
        if error is None:
            return self._value
        try:
            raise error
        finally:  # it keeps the frames that it goes through
            self._error = None
            del error

    def _begin_timing(self) -> None:
        if self._timer is None:
            if self.answer is UNAWAITED:
                self.answer = self._loop.create_future()
            self._timer = self._loop.call_after(self._timeout_ms, self._time_out)
