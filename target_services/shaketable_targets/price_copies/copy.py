"""A copy: what both kinds have in common, which is that they exchange rows until all have the same."""

from __future__ import annotations

import contextlib

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response, Row
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND
from shaketable_targets.price_copies.rows import Prices
from shaketable_targets.price_copies.schema import COPIES

NO_MAJORITY = Response(503, {"error": "this copy reaches no majority"})


class Copy:
    """The base of both kinds. Subclasses say how they read and write."""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config
        self.peers = tuple(name for name in COPIES if name != ports.name)
        self.prices = self.make_prices()
        self.heard_ms: dict[str, int] = {}
        """When the exchange with each other copy began after which this one had all that it had."""
        self._background = Background()

    def make_prices(self) -> Prices:
        return Prices(self.ports.database, COPIES.index(self.ports.name) + 1)

    async def read(self, product: str) -> Response:
        raise NotImplementedError

    async def write(self, product: str, price: int) -> Response:
        raise NotImplementedError

    # -- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        for peer in self.peers:
            self._background.run(self.exchange_with(peer), f"{self.ports.name} and {peer}")

    async def stop(self) -> None:
        await self._background.stop()

    async def exchange_with(self, peer: str) -> None:
        """Give rows to another copy and take its own, poll by poll."""
        while True:
            with contextlib.suppress(*TRANSIENT):
                await self.exchange(peer)
            await self.ports.clock.sleep(self.config.poll_interval_ms)

    async def exchange(self, peer: str) -> None:
        """Give another copy what this one has, and take what it has."""
        began_ms = self.ports.clock.monotonic_ms()
        answer = await self.ask("POST", peer, "/rows", {"rows": await self.prices.all()})
        if answer.status == 200:
            await self.prices.merge(answer.body["rows"])
            self.heard_ms[peer] = began_ms

    def age_ms(self) -> int | None:
        """Return for how long this copy may lack something that another one has; None if it has not heard from all."""
        if len(self.heard_ms) < len(self.peers):
            return None
        return self.ports.clock.monotonic_ms() - min(self.heard_ms.values())

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that the outcome is indeterminate, or that there is no majority."""
        try:
            match request.method, request.path.strip("/").split("/"):
                case "GET", ["prices", product]:
                    return await self.read(product)
                case "POST", ["prices"]:
                    return await self.write(request.body["product"], request.body["price"])
                case "GET", ["rows"]:
                    return Response(200, {"rows": await self.prices.all()})
                case "POST", ["rows"]:
                    mine = await self.prices.all()
                    await self.prices.merge_into(mine, request.body["rows"])
                    return Response(200, {"rows": self.prices.newer(mine, request.body["rows"])})
            return NOT_FOUND
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})

    async def ask(self, method: str, peer: str, path: str, body: Json = None) -> Response:
        return await self.ports.http.request(
            method, peer, path, body, timeout_ms=self.config.provider_timeout_ms
        )

    def answer(self, row: Row) -> Response:
        said = {field: row[field] for field in ("product", "price", "version")}
        return Response(200, {**said, "age_ms": self.age_ms()})


class AvailableCopy(Copy):
    """Answers out of its own rows, whatever it reaches."""

    async def read(self, product: str) -> Response:
        return self.answer(await self.prices.of(product))

    async def write(self, product: str, price: int) -> Response:
        return self.answer(await self.prices.write(product, price))
