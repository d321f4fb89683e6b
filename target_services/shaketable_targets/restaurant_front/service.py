"""The front: one process between the guests and those outside."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.restaurant_front.guarded import Guarded
from shaketable_targets.restaurant_front.lookups import Coupons, Restaurants
from shaketable_targets.restaurant_front.mails import MailWorker
from shaketable_targets.restaurant_front.orders import Orders
from shaketable_targets.restaurant_front.settings import COUPONS, GUIDE, POOLS, STOCK

WRONG = Response(400, {"error": "item must be text, quantity a positive number"})
NOT_FOUND = Response(404, {"error": "no such path"})


class FrontService:
    """One instance. Its collaborators are made by the methods below; a variant swaps one by overriding one."""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config
        self.outside = self.make_outside()
        self.restaurants = self.make_restaurants()
        self.coupons = Coupons(self.outside[COUPONS])
        self.orders = self.make_orders()
        self._background = Background()

    def make_outside(self) -> Mapping[str, Guarded]:
        """Return each party outside behind a breaker and a pool of its own."""
        return {name: Guarded(self.ports, name) for name in POOLS}

    def make_restaurants(self) -> Restaurants:
        return Restaurants(self.outside[GUIDE])

    def make_orders(self) -> Orders:
        return Orders(self.ports, self.outside[STOCK])

    def make_worker(self) -> MailWorker:
        return MailWorker(self.ports, self.config)

    async def start(self) -> None:
        self._background.run(self.make_worker().run(), f"{self.ports.name} mails")

    async def stop(self) -> None:
        await self._background.stop()

    async def handle(self, request: Request) -> Response:
        """Answer one request; where the database fails the outcome of an order is indeterminate: 500."""
        asked = request.headers.get("x-request-id", "") or self.ports.new_id()
        try:
            match request.method, request.path.strip("/").split("/"):
                case "GET", ["restaurants", restaurant]:
                    return Response(200, await self.restaurants.get(restaurant, asked))
                case "GET", ["coupons", code]:
                    return Response(200, await self.coupons.get(code, asked))
                case "POST", ["orders"]:
                    return await self.order(asked, request.body)
            return NOT_FOUND
        except TRANSIENT as error:
            return Response(500, {"error": type(error).__name__})

    async def order(self, order: str, body: Json) -> Response:
        """Check what is ordered, and place it."""
        if not isinstance(body, dict):
            return WRONG
        item, quantity = body.get("item"), body.get("quantity")
        if not isinstance(item, str) or type(quantity) is not int or quantity < 1:
            return WRONG
        return await self.orders.place(order, item, quantity)
