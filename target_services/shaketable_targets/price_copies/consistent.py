"""The kind that stays consistent: a read and a write each meet a majority, so that every read meets every write before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from shaketable.ports import TRANSIENT, Json, Ports, Response, Row
from shaketable_targets.order_system.config import Config
from shaketable_targets.price_copies.copy import NO_MAJORITY, Copy
from shaketable_targets.price_copies.schema import COPIES

MAJORITY = len(COPIES) // 2 + 1


class ConsistentCopy(Copy):
    """Reads the newest of a majority, and makes sure that a majority has it before it answers (Attiya, Bar-Noy, Dolev 1995)."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._writing: dict[str, asyncio.Lock] = {}

    async def read(self, product: str) -> Response:
        newest = await self.newest(product)
        if newest is None or not await self.spread(newest):
            return NO_MAJORITY
        return self.answer(newest)

    async def write(self, product: str, price: int) -> Response:
        """Write one version after the other, so that this copy makes none twice."""
        async with self._writing.setdefault(product, asyncio.Lock()):
            newest = await self.newest(product)
            if newest is None:
                return NO_MAJORITY
            row: Row = {"product": product, "price": price, "version": self.prices.next(newest)}
            return self.answer(row) if await self.spread(row) else NO_MAJORITY

    async def newest(self, product: str) -> Row | None:
        """Return the newest row of a majority that this copy is one of; None if it reaches none."""
        mine = await self.prices.of(product)
        told = await self.of_peers(self.rows_of)
        if 1 + len(told) < MAJORITY:
            return None
        rows: list[Row] = [mine, *(row for rows in told for row in rows if row["product"] == product)]
        return max(rows, key=lambda row: int(row["version"] or 0))

    async def spread(self, row: Row) -> bool:
        """Give a row to every copy, this one first; tell whether a majority has it."""
        await self.prices.merge([row])
        taken = await self.of_peers(partial(self.give, row))
        return 1 + sum(taken) >= MAJORITY

    async def rows_of(self, peer: str) -> Json:
        answer = await self.ask("GET", peer, "/rows")
        return answer.body["rows"] if answer.status == 200 else None

    async def give(self, row: Row, peer: str) -> bool:
        return (await self.ask("POST", peer, "/rows", {"rows": [row]})).status == 200

    async def of_peers(self, ask: Callable[[str], Awaitable[Json]]) -> list[Json]:
        """Ask all the others at once and return what they answered; silence is no answer."""
        answers = await asyncio.gather(*(self._or_none(ask, peer) for peer in self.peers))
        return [answer for answer in answers if answer is not None]

    async def _or_none(self, ask: Callable[[str], Awaitable[Json]], peer: str) -> Json:
        try:
            return await ask(peer)
        except TRANSIENT:
            return None
