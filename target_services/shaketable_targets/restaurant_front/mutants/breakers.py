"""Mistakes around a breaker: the breaker itself is right, or nearly so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from shaketable.ports import TRANSIENT, Json, Timeout
from shaketable_targets.breakers.reference import CircuitBreaker
from shaketable_targets.restaurant_front.guarded import Guarded, ServerFailed
from shaketable_targets.restaurant_front.service import FrontService
from shaketable_targets.restaurant_front.settings import BREAKER, GUIDE, POOLS

_ATTEMPTS = 3


class OtherGuarded(FrontService):
    """A front whose parties outside are guarded by another class."""

    guarded: type[Guarded] = Guarded

    def make_outside(self) -> Mapping[str, Guarded]:
        return {name: self.guarded(self.ports, name) for name in POOLS}


class _NewBreaker(Guarded):
    async def through(self, path: str, request: str) -> Json:
        self.breaker = self.make_breaker()
        return await super().through(path, request)


class BreakerPerRequest(OtherGuarded):
    """Makes a breaker for each request, which never sees a second failure (https://github.com/monix/monix/issues/1039)."""

    guarded = _NewBreaker


class OneBreaker(FrontService):
    """One breaker for all routes: what fails opens it for the others (https://github.com/nodeshift/opossum/issues/321)."""

    def make_outside(self) -> Mapping[str, Guarded]:
        outside = super().make_outside()
        for guarded in outside.values():
            guarded.breaker = outside[GUIDE].breaker
        return outside


class _Swallowed(Guarded):
    async def through(self, path: str, request: str) -> Json:
        async def carefully() -> Json:
            try:
                return await self.ask(path, request)
            except (*TRANSIENT, ServerFailed):
                return None

        found = await self.pool.call(lambda: self.breaker.call(carefully))
        if found is None:
            raise ServerFailed(self.name)
        return found


class SwallowsErrors(OtherGuarded):
    """Catches errors before the breaker can see them."""

    guarded = _Swallowed


class _Unread(Guarded):
    async def through(self, path: str, request: str) -> Json:
        async def answered() -> tuple[int, Json]:
            headers = {"x-request-id": request}
            answer = await self.ports.http.request(
                "GET", self.name, path, headers=headers, timeout_ms=self.timeout_ms
            )
            return answer.status, answer.body

        status, body = await self.pool.call(lambda: self.breaker.call(answered))
        if status >= 500:
            raise ServerFailed(self.name)
        return body


class CountsAnswers(OtherGuarded):
    """Takes an answer of status 500 for a success (https://github.com/resilience4j/resilience4j/issues/1805)."""

    guarded = _Unread


class _TimedOutside(Guarded):
    timeout_ms = 10 * Guarded.timeout_ms

    async def through(self, path: str, request: str) -> Json:
        asked = asyncio.ensure_future(super().through(path, request))
        late = asyncio.ensure_future(self.ports.clock.sleep(Guarded.timeout_ms))
        await asyncio.wait((asked, late), return_when=asyncio.FIRST_COMPLETED)
        late.cancel()
        if asked.done():
            return asked.result()
        asked.cancel()  # which says nothing of the upstream, as far as a breaker knows
        raise Timeout(f"{self.name} has not answered in time")


class TimesOutOutside(OtherGuarded):
    """Its time-out is outside of the breaker, which sees calls cancelled and none failed (https://github.com/resilience4j/resilience4j/issues/1123)."""

    guarded = _TimedOutside


class _AnyProbes(CircuitBreaker):
    def _has_permit(self) -> bool:
        return True


class _Unlimited(Guarded):
    def make_breaker(self) -> CircuitBreaker:
        return _AnyProbes(self.ports.clock.monotonic_ms, BREAKER)


class ProbesWithoutLimit(OtherGuarded):
    """Lets every call through at half-open (https://github.com/future-agi/future-agi/issues/2693)."""

    guarded = _Unlimited


class _Seconds(Guarded):
    def make_breaker(self) -> CircuitBreaker:
        return CircuitBreaker(self.ports.clock.monotonic_ms, replace(BREAKER, wait_ms=1_000))


class WaitsTooShort(OtherGuarded):
    """Waits a tenth of what is declared: a unit that was read wrongly."""

    guarded = _Seconds


class _Demanding(CircuitBreaker):
    def _minimum(self) -> int:
        return self._settings.minimum_calls


class _NeverClosing(Guarded):
    def make_breaker(self) -> CircuitBreaker:
        return _Demanding(self.ports.clock.monotonic_ms, BREAKER)


class AsksTooManyProbes(OtherGuarded):
    """Wants more outcomes at half-open than it permits calls, so that it never leaves that state."""

    guarded = _NeverClosing


class _Repeated(Guarded):
    async def ask(self, path: str, request: str) -> Json:
        for _ in range(_ATTEMPTS - 1):
            try:
                return await super().ask(path, request)
            except (*TRANSIENT, ServerFailed):
                continue
        return await super().ask(path, request)


class RepeatsInside(OtherGuarded):
    """Repeats a call inside the breaker, which sees one failure of three (https://github.com/failsafe-lib/failsafe/issues/377)."""

    guarded = _Repeated
