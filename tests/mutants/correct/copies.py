"""Copies that are correct and unlike the hardened ones: a strict reader might accuse them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from shaketable.ports import TRANSIENT, Clock, Database, Json, Ports, Response, Row
from shaketable_patterns.price_copies.profile import AVAILABLE, CONSISTENT, profile
from shaketable_patterns.price_copies.subjects import subject_of
from shaketable_targets.order_system.config import Config
from shaketable_targets.price_copies.consistent import MAJORITY, ConsistentCopy
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


class AnswersAtMajority(ConsistentCopy):
    """Goes on as soon as a majority has answered; who is slower is not waited for."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.left: set[asyncio.Future[Json]] = set()

    async def of_peers(self, ask: Callable[[str], Awaitable[Json]]) -> list[Json]:
        asked = {asyncio.ensure_future(self._or_none(ask, peer)) for peer in self.peers}
        answers: list[Json] = []
        while asked and 1 + len(answers) < MAJORITY:
            done, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            answers += [one.result() for one in done if one.result() not in (None, False)]
        self.left = {one for one in self.left | asked if not one.done()}
        return answers


class OneAtATime(AvailableCopy):
    """Exchanges rows with one copy after the other, so that it takes longer until all agree."""

    async def start(self) -> None:
        self._background.run(self.exchange_in_turn(), self.ports.name)

    async def exchange_in_turn(self) -> None:
        while True:
            for peer in self.peers:
                with contextlib.suppress(*TRANSIENT):
                    await self.exchange(peer)
                await self.ports.clock.sleep(self.config.poll_interval_ms // 2)


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
    subject_of("price-copies/answers-at-majority", AnswersAtMajority, CONSISTENT, ""),
    subject_of(
        "price-copies/one-at-a-time",
        OneAtATime,
        profile("in-turn", under_partition="answer", readers="home", converge_ms=12_000, staleness_ms=12_000),
        "",
    ),
    subject_of(
        "price-copies/primary", Primary, profile("primary", under_partition="primary", readers="any"), ""
    ),
]
