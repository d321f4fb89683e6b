"""Mistakes in what is answered instead of the outside."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json
from shaketable_targets.restaurant_front.guarded import ServerFailed
from shaketable_targets.restaurant_front.lookups import Restaurants
from shaketable_targets.restaurant_front.service import FrontService


class RestaurantsAskedAgain(Restaurants):
    """Asks the guide once more."""

    async def instead(self, restaurant: str, request: str, why: str) -> Json:
        try:
            found = await self.guide.ask(f"/restaurants/{restaurant}", request)
        except (*TRANSIENT, ServerFailed):
            return await super().instead(restaurant, request, why)
        return {**found, "source": "cache", "why": why}


class AsksAgain(FrontService):
    """Its fallback asks the guide once more, past the breaker, in the hope that it works this time."""

    def make_restaurants(self) -> Restaurants:
        return RestaurantsAskedAgain(self.outside["guide"])
