"""Copies that are correct and unlike the hardened ones: a strict reader might accuse them."""

from __future__ import annotations

import contextlib

from shaketable.ports import TRANSIENT, Clock, Database, Json, Response, Row
from shaketable_patterns.price_copies.profile import AVAILABLE, CONSISTENT, profile
from shaketable_patterns.price_copies.subjects import subject_of
from shaketable_targets.price_copies.consistent import ConsistentCopy
from shaketable_targets.price_copies.copy import NO_MAJORITY, AvailableCopy, Copy
from shaketable_targets.price_copies.rows import NUMBERS, Prices
from shaketable_targets.price_copies.schema import COPIES


class TellsAtOnce(AvailableCopy):
    """Tells the others of each write before it answers, if they are there."""

    async def write(self, product: str, price: int) -> Response:
        answer = await super().write(product, price)
        for peer in self.peers:
            with contextlib.suppress(*TRANSIENT):
                await self.exchange(peer)
        return answer


class RoundsUp(AvailableCopy):
    """Says how old it may be in whole minutes, rounded up."""

    def age_ms(self) -> int | None:
        age_ms = super().age_ms()
        return None if age_ms is None else -(-age_ms // 60_000) * 60_000


class HybridPrices(Prices):
    """Versions out of a wall clock that never fall behind what was seen."""

    def __init__(self, database: Database, number: int, clock: Clock) -> None:
        super().__init__(database, number)
        self.clock = clock

    def next(self, row: Row) -> int:
        return max(super().next(row), self.clock.now_ms() * NUMBERS + self.number)


class HybridClock(AvailableCopy):
    """Lets the later wall clock win among writes that do not know of each other, and never one that is older than what it had."""

    def make_prices(self) -> Prices:
        return HybridPrices(self.ports.database, COPIES.index(self.ports.name) + 1, self.ports.clock)


class SpreadsIfNeeded(ConsistentCopy):
    """Spares the second phase of a read where a majority has said the same already."""

    async def read(self, product: str) -> Response:
        told = await self.of_peers(self.rows_of)
        mine = await self.prices.of(product)
        rows = [mine, *(row for rows in told for row in rows if row["product"] == product)]
        if len(told) == len(self.peers) and len({row["version"] for row in rows}) == 1:
            return self.answer(mine)
        return await super().read(product)


class Primary(Copy):
    """One copy decides, whatever it reaches; the others ask it, and refuse without it."""

    async def read(self, product: str) -> Response:
        return await self.by_primary("GET", f"/prices/{product}") or self.answer(
            await self.prices.of(product)
        )

    async def write(self, product: str, price: int) -> Response:
        body: Json = {"product": product, "price": price}
        return await self.by_primary("POST", "/prices", body) or self.answer(
            await self.prices.write(product, price)
        )

    async def by_primary(self, method: str, path: str, body: Json = None) -> Response | None:
        if self.ports.name == COPIES[0]:
            return None
        try:
            return await self.ask(method, COPIES[0], path, body)
        except TRANSIENT:
            return NO_MAJORITY


CORRECT = [
    subject_of("price-copies/tells-at-once", TellsAtOnce, AVAILABLE, ""),
    subject_of("price-copies/rounds-up", RoundsUp, AVAILABLE, ""),
    subject_of("price-copies/hybrid-clock", HybridClock, AVAILABLE, ""),
    subject_of("price-copies/spreads-if-needed", SpreadsIfNeeded, CONSISTENT, ""),
    subject_of(
        "price-copies/primary", Primary, profile("primary", under_partition="primary", readers="any"), ""
    ),
]
