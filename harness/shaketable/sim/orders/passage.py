"""A message of which nothing goes wrong, where orders are decided: both legs arrive when they are chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from shaketable.boundary import Boundary
from shaketable.sim.channel import is_delayable
from shaketable.sim.orders.arrival_order import ArrivalOrder
from shaketable.sim.orders.loop import OrderedLoop
from shaketable.sim.owner import Handle
from shaketable.sim.power import Power
from shaketable.sim.timing import REPLY_MS
from shaketable.sim.transit import Transit
from shaketable.sim.wire import ANSWERED, Wire

T = TypeVar("T")

_WITHOUT_EFFECT = frozenset({"FETCH"})
"""Requests that change and read nothing where they arrive: only when they are answered makes a difference."""


class Passage(Transit[T]):
    """A `Transit` that meets no fault when it is sent: it is timed only if it has to wait at the receiver, or goes wrong later."""

    __slots__ = ("_asker", "_named", "_order", "_ordered", "_timer")

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
        super().__init__(wire, power, sender, receiver, boundary, timeout_ms)
        self._order = order
        assert isinstance(wire.loop, OrderedLoop)
        self._ordered = wire.loop
        assert self._thread is not None  # its message has an address, and `wire` an order
        self._asker = self._thread
        self._named = boundary
        self._timer: Handle | None = None

    async def carry(self, effect: Callable[[], T | asyncio.Future[T]]) -> T:
        """Send the message and wait for its answer."""
        self._effect = effect
        if self._named.route.verb in _WITHOUT_EFFECT:
            self._arrive(1)
            has_arrived = True
        else:
            if is_delayable(effect):
                effect.delayed()
            self._order.add(
                self._named, "request", self._asker, self._loop.virtual_ms, 0, self._arrive_late, (1, 0)
            )
            has_arrived = self._ordered.arrive_alone()
        if has_arrived:
            self._ordered.arrive_alone()
        try:
            return await self.answer
        finally:
            if self._timer is not None:
                self._timer.cancel()
                self._wire.waiting.get(self.receiver, {}).pop(self.answer, None)
            self.answer = ANSWERED

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
        self._order.add(
            self._named, "reply", self._asker, self._loop.virtual_ms, REPLY_MS, self._deliver, arrival
        )

    def _begin_timing(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_after(self._timeout_ms, self._time_out)
