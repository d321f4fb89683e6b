"""The reference breaker by itself: no harness, a clock in the hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker, Settings


class Upstream:
    """A breaker, its clock, and functions that end at once."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.now_ms = 0
        self.breaker = CircuitBreaker(lambda: self.now_ms, settings)

    async def succeed(self) -> str:
        return await self.breaker.call(_ok)

    async def fail(self, error: Exception | None = None) -> None:
        raised = error or ConnectionError()

        async def failing() -> str:
            raise raised

        with pytest.raises(type(raised)):
            await self.breaker.call(failing)

    async def trip(self) -> None:
        for _ in range(10):
            await self.fail()


async def _ok() -> str:
    return "fine"


def lived(life: Callable[[Upstream], Awaitable[None]], settings: Settings | None = None) -> Upstream:
    upstream = Upstream(settings)
    asyncio.run(_live(life, upstream))
    return upstream


async def _live(life: Callable[[Upstream], Awaitable[None]], upstream: Upstream) -> None:
    await life(upstream)


def test_it_returns_what_the_function_returns() -> None:
    async def life(upstream: Upstream) -> None:
        assert await upstream.succeed() == "fine"

    lived(life)


def test_it_opens_and_refuses_without_running() -> None:
    async def life(upstream: Upstream) -> None:
        await upstream.trip()
        with pytest.raises(CallNotPermitted):
            await upstream.succeed()

    assert lived(life).breaker.state == "open"


def test_it_closes_after_three_good_probes() -> None:
    async def life(upstream: Upstream) -> None:
        await upstream.trip()
        upstream.now_ms = 10_001
        for _ in range(3):
            await upstream.succeed()

    assert lived(life).breaker.state == "closed"


def test_ignored_errors_are_not_recorded() -> None:
    async def life(upstream: Upstream) -> None:
        for _ in range(30):
            await upstream.fail(ValueError())

    assert lived(life).breaker.state == "closed"


def test_a_listener_that_raises_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def veto(_before: str, _after: str) -> None:
        raise RuntimeError("no")

    async def life(upstream: Upstream) -> None:
        upstream.breaker.listen(veto)
        await upstream.trip()

    assert lived(life).breaker.state == "open"
    assert "listener" in caplog.text
