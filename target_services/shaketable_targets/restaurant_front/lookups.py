"""What is looked up outside, and what is answered instead: only what the front has in its own memory."""

from __future__ import annotations

from shaketable.ports import Json
from shaketable_targets.restaurant_front.guarded import Guarded, Unavailable
from shaketable_targets.restaurant_front.settings import COUPONS, GUIDE


class Restaurants:
    """Restaurants of the guide; without it, what it said last of one, or else the little that is known of any."""

    def __init__(self, guide: Guarded) -> None:
        self.guide = guide
        self.known: dict[str, Json] = {}

    async def get(self, restaurant: str, request: str) -> Json:
        """Return what is said of a restaurant, and where that comes from."""
        try:
            found = await self.guide.get(f"/restaurants/{restaurant}", request)
        except Unavailable as error:
            return await self.instead(restaurant, request, error.why)
        self.known[restaurant] = found
        return {**found, "source": GUIDE, "why": ""}

    async def instead(self, restaurant: str, request: str, why: str) -> Json:
        """Return the fallback."""
        known = self.known.get(restaurant)
        if known is not None:
            return {**known, "source": "cache", "why": why}
        return {"restaurant": restaurant, "name": restaurant, "source": "default", "why": why}


class Coupons:
    """Coupons of their issuer; without it an empty answer, and what to tell the guest."""

    def __init__(self, issuer: Guarded) -> None:
        self.issuer = issuer

    async def get(self, code: str, request: str) -> Json:
        """Return what a coupon is worth, and where that comes from."""
        try:
            found = await self.issuer.get(f"/coupons/{code}", request)
        except Unavailable as error:
            told = "coupons cannot be looked at now; yours is kept"
            return {"code": code, "percent": 0, "source": "nothing", "why": error.why, "message": told}
        return {**found, "source": COUPONS, "why": ""}
