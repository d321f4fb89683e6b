"""The channel that every simulated port uses: from one incarnation to one receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from shaketable.boundary import Boundary, Route
from shaketable.sim.orders.passage import Passage
from shaketable.sim.power import Power
from shaketable.sim.process import Incarnation
from shaketable.sim.timing import REPLY_MS
from shaketable.sim.transit import Transit
from shaketable.sim.wire import Wire

T = TypeVar("T")

_tuple = tuple.__new__  # what a named tuple's class calls, without that call


class SimChannel:
    """Names and counts each message, then lets it pass calmly or sends it as a `Transit`."""

    __slots__ = (
        "_counters",
        "_incarnation",
        "_loop",
        "_power",
        "_receiver_role",
        "_routes",
        "_sender_role",
        "_timeout_ms",
        "_wire",
        "receiver",
        "sender",
    )

    def __init__(
        self, wire: Wire, power: Power, incarnation: Incarnation, receiver: str, timeout_ms: int
    ) -> None:
        self.sender = incarnation.name
        self.receiver = receiver
        self._wire = wire
        self._power = power
        self._incarnation = incarnation
        self._loop = wire.loop
        self._timeout_ms = timeout_ms
        self._sender_role = wire.roles.role_of(incarnation.name)
        self._receiver_role = wire.roles.role_of(receiver)
        self._routes: dict[tuple[str, str], Route] = {}
        self._counters = wire.counters(self._sender_role, self._receiver_role)

    @property
    def alive(self) -> bool:
        return self._incarnation.alive

    @property
    def calm(self) -> bool:
        """See `shaketable.sim.channel.Channel.calm`."""
        return self._incarnation.alive and (self._wire.calm or not self._is_affected())

    async def cross(
        self,
        verb: str,
        key: str,
        effect: Callable[[], T | asyncio.Future[T]],
        *,
        counted: bool = True,
        timeout_ms: int | None = None,
    ) -> T:
        """See `shaketable.sim.channel.Channel.cross`."""
        if not self._incarnation.alive:
            raise GeneratorExit  # only clean-up code of a disposed coroutine gets here: let it end quietly
        wire = self._wire
        n = 0
        if counted:
            counter = self._counters.get((verb, key))
            if counter is None:
                counter = self._counters[verb, key] = [0]
            counter[0] = n = counter[0] + 1
            wire.active_ms = self._loop.virtual_ms
            if wire.crossed is not None:
                wire.crossed.append(self._boundary(verb, key, n))
        if not wire.calm or (n and wire.arming.waiting and self._has_fault(verb, key, n)):
            slow: Transit[T] | None = self._slow_path(verb, key, n, timeout_ms)
            if slow is not None:
                return await slow.carry(effect)
        try:
            result = effect()
        except Exception:  # the receiver's answer is an error: it travels like any other answer
            if not self._loop.pass_alone(REPLY_MS):
                await self._loop.sleep(REPLY_MS)
            raise
        if isinstance(result, asyncio.Future):
            waiting: Transit[T] = Transit(wire, self._power, *self._address(verb, key, n, timeout_ms))
            return await waiting.follow(effect, result)
        # An idle poll is answered at once: it is most of the traffic and none of the story.
        if (n or result) and not self._loop.pass_alone(REPLY_MS):
            await self._loop.sleep(REPLY_MS)
        return result

    def _slow_path(self, verb: str, key: str, n: int, timeout_ms: int | None) -> Transit[T] | None:
        """Return what carries a message that something happens to, or whose arrival is decided; None if it passes calmly."""
        wire = self._wire
        order = wire.order
        if (
            wire.timing.is_drawn
            or (self.sender, self.receiver) in wire.links
            or self.receiver in wire.down
            or (n and wire.arming.waiting and self._has_fault(verb, key, n))
        ):
            return Transit(wire, self._power, *self._address(verb, key, n, timeout_ms))
        if not n or order is None:
            return None
        if timeout_ms is None:
            timeout_ms = self._timeout_ms
        route = self._routes.get((verb, key)) or self._route(verb, key)
        boundary = _tuple(Boundary, (route, n))
        return Passage(wire, order, self._power, self.sender, self.receiver, boundary, timeout_ms)

    def _is_affected(self) -> bool:
        wire = self._wire
        if wire.timing.is_drawn:  # every answer takes a time of its own: the slow path knows how
            return True
        return (self.sender, self.receiver) in wire.links or self.receiver in wire.down

    def _has_fault(self, verb: str, key: str, n: int) -> bool:
        return self._wire.arming.concerns((self._sender_role, self._receiver_role, verb, key), n)

    def _address(
        self, verb: str, key: str, n: int, timeout_ms: int | None
    ) -> tuple[str, str, Boundary | None, int]:
        boundary = self._boundary(verb, key, n) if n else None
        return self.sender, self.receiver, boundary, self._timeout_ms if timeout_ms is None else timeout_ms

    def _boundary(self, verb: str, key: str, n: int) -> Boundary:
        return Boundary(self._routes.get((verb, key)) or self._route(verb, key), n)

    def _route(self, verb: str, key: str) -> Route:
        route = self._routes[verb, key] = Route(self._sender_role, self._receiver_role, verb, key)
        return route
