"""What is asked of one party outside: by one request at a time for each permit, and not at all while its breaker is open."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Ports, Response
from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker
from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead
from shaketable_targets.bulkheads.settings import BulkheadFull
from shaketable_targets.bulkheads.settings import Settings as PoolSettings
from shaketable_targets.restaurant_front.settings import BREAKER, CALL_TIMEOUT_MS, POOLS


class Unavailable(Exception):
    """There is no answer of the outside; `why` is failed, open or full."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ServerFailed(Exception):
    """The outside answered that it failed."""


class Guarded:
    """One party outside. The pool is around the breaker, so that a call it rejects counts as no failure of the party.

    Both are made by the methods below; a variant swaps one by overriding one.
    """

    timeout_ms = CALL_TIMEOUT_MS

    def __init__(self, ports: Ports, name: str) -> None:
        self.ports = ports
        self.name = name
        self.breaker = self.make_breaker()
        self.pool = self.make_pool()

    def make_breaker(self) -> CircuitBreaker:
        return CircuitBreaker(self.ports.clock.monotonic_ms, BREAKER)

    def make_pool(self) -> AsyncBulkhead:
        return AsyncBulkhead(PoolSettings(permits=POOLS[self.name]))

    async def get(self, path: str, request: str) -> Json:
        """Return what the outside says. Raises Unavailable."""
        try:
            return await self.through(path, request)
        except CallNotPermitted:
            raise Unavailable("open") from None
        except BulkheadFull:
            raise Unavailable("full") from None
        except (*TRANSIENT, ServerFailed) as error:
            raise Unavailable("failed") from error

    async def through(self, path: str, request: str) -> Json:
        """Ask through the pool and the breaker, in this order."""
        return await self.pool.call(lambda: self.breaker.call(lambda: self.ask(path, request)))

    async def ask(self, path: str, request: str) -> Json:
        """Ask once. What the outside could not answer is an error, which the breaker has to see."""
        answer: Response = await self.ports.http.request(
            "GET", self.name, path, headers={"x-request-id": request}, timeout_ms=self.timeout_ms
        )
        if answer.status >= 500:
            raise ServerFailed(f"{self.name} answered {answer.status}")
        return answer.body
