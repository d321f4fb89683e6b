"""Mistakes in what is answered instead of the outside."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json
from shaketable_targets.restaurant_front.guarded import ServerFailed
from shaketable_targets.restaurant_front.lookups import Restaurants
from shaketable_targets.restaurant_front.service import FrontService
from shaketable_targets.restaurant_front.settings import CALL_TIMEOUT_MS, GUIDE

_RETURN_MS, _LOOKS = 1_000, 5


class _AskedAgain(Restaurants):
    async def instead(self, restaurant: str, request: str, why: str) -> Json:
        try:
            found = await self.ask(f"/restaurants/{restaurant}", request)
        except (*TRANSIENT, ServerFailed):
            return await super().instead(restaurant, request, why)
        return {**found, "source": "cache", "why": why}

    async def ask(self, path: str, request: str) -> Json:
        """Ask whom the fallback asks."""
        return await self.guide.ask(path, request)


class _MirrorAsked(_AskedAgain):
    async def ask(self, path: str, request: str) -> Json:
        headers = {"x-request-id": request}
        answer = await self.guide.ports.http.request(
            "GET", "mirror", path, headers=headers, timeout_ms=CALL_TIMEOUT_MS
        )
        if answer.status >= 500:
            raise ServerFailed("mirror")
        return answer.body


class _Waited(Restaurants):
    async def instead(self, restaurant: str, request: str, why: str) -> Json:
        for _ in range(_LOOKS):
            if self.guide.breaker.state == "closed" and why != "full":
                break
            await self.guide.ports.clock.sleep(_RETURN_MS)
        return await super().instead(restaurant, request, why)


class AsksAgain(FrontService):
    """Its fallback asks the guide once more, past the breaker, in the hope that it works this time."""

    def make_restaurants(self) -> Restaurants:
        return _AskedAgain(self.outside[GUIDE])


class AsksTheMirror(FrontService):
    """Its fallback asks another data centre, as in https://github.com/resilience4j/resilience4j/issues/1506."""

    def make_restaurants(self) -> Restaurants:
        return _MirrorAsked(self.outside[GUIDE])


class WaitsForItsReturn(FrontService):
    """Its fallback waits a few seconds for the breaker to close before it gives up."""

    def make_restaurants(self) -> Restaurants:
        return _Waited(self.outside[GUIDE])
