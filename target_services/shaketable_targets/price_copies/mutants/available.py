"""Mistakes of copies that stay available."""

from __future__ import annotations

import contextlib

from shaketable.ports import TRANSIENT, Clock, Database, Json, Ports, Response, Row
from shaketable_targets.order_system.config import Config
from shaketable_targets.price_copies.copy import NO_MAJORITY, AvailableCopy
from shaketable_targets.price_copies.rows import NUMBERS, Prices
from shaketable_targets.price_copies.schema import COPIES


class ClockPrices(Prices):
    """Versions out of a wall clock."""

    def __init__(self, database: Database, number: int, clock: Clock) -> None:
        super().__init__(database, number)
        self.clock = clock

    def next(self, row: Row) -> int:
        return self.clock.now_ms() * NUMBERS + self.number

    async def write(self, product: str, price: int) -> Row:
        row: Row = {"product": product, "price": price, "version": self.next({})}
        await self.merge([row])
        return row


class LastClockWins(AvailableCopy):
    """Lets the write with the latest wall clock win: at a copy whose clock is behind, a write is acknowledged and gone.

    Met wherever two stores compare times of their own (BDR 110, Riak 1512, Jellyfin metadata sync 46).
    """

    def make_prices(self) -> Prices:
        number = COPIES.index(self.ports.name) + 1
        return ClockPrices(self.ports.database, number, self.ports.clock)


class OwnWins(Prices):
    """Keeps an own row against every other that was made at the same time."""

    def is_newer(self, row: Row, mine: Row) -> bool:
        if int(mine["version"] or 0) % NUMBERS == self.number:
            return int(row["version"] or 0) // NUMBERS > int(mine["version"] or 0) // NUMBERS
        return super().is_newer(row, mine)


class KeepsItsOwn(AvailableCopy):
    """Drops the other side of a conflict, and so does the other side: two copies that never agree.

    Met as updates that go one way only after two nodes had been written apart from each other (BDR 110).
    """

    def make_prices(self) -> Prices:
        return OwnWins(self.ports.database, COPIES.index(self.ports.name) + 1)


class AboveHighest(Prices):
    """Takes rows by a high-water mark."""

    def newer(self, rows: Json, than: Json) -> list[Row]:
        mark: Row = max(than, key=lambda row: int(row["version"] or 0), default={"version": 0})
        return [row for row in rows if self.is_newer(row, mark)]


class MergesAboveHighest(AvailableCopy):
    """Takes only what is newer than all that it has, of whatever product, and drops the rest: a merge that drops.

    Met as synchronisation by the highest version that was seen, past which what was written elsewhere meanwhile never gets
    (mapbox dynamodb-replicator 31).
    """

    def make_prices(self) -> Prices:
        return AboveHighest(self.ports.database, COPIES.index(self.ports.name) + 1)


class CacheOutlivesSource(AvailableCopy):
    """Answers from a cache that only its own writes clear: what the others wrote is merged below it and never seen.

    Met as entries of a cache that stay when another instance has changed what they are of (rclone 2585).
    """

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.cached: dict[str, Row] = {}

    async def read(self, product: str) -> Response:
        if product not in self.cached:
            self.cached[product] = await self.prices.of(product)
        return self.answer(self.cached[product])

    async def write(self, product: str, price: int) -> Response:
        self.cached.pop(product, None)
        return await super().write(product, price)


class SaysItIsFresh(AvailableCopy):
    """Tells an age of 0, as what it answers was read this very moment: out of its own rows.

    Met as a leader that is cut off and takes what it has for the newest (Xline 870).
    """

    def age_ms(self) -> int | None:
        return 0


class CountsAttempts(AvailableCopy):
    """Counts its age from the last attempt to reach the others, whatever came of it."""

    async def exchange(self, peer: str) -> None:
        self.heard_ms[peer] = self.ports.clock.monotonic_ms()
        await super().exchange(peer)


class TellsOnce(AvailableCopy):
    """Tells the others of each write once, and exchanges nothing afterwards: who was away never learns of it.

    Met as replication by notification alone, where what fails in between stays different (mapbox dynamodb-replicator 31).
    """

    async def start(self) -> None:
        return

    async def write(self, product: str, price: int) -> Response:
        row = await self.prices.write(product, price)
        for peer in self.peers:
            with contextlib.suppress(*TRANSIENT):
                await self.ask("POST", peer, "/rows", {"rows": [row]})
        return self.answer(row)


class AsksAnother(AvailableCopy):
    """Spreads reads over all copies, so that the same reader sees now a newer and now an older one.

    Met as one reader behind a balancer over replicas that lag by different times.
    """

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.turn = 0

    async def read(self, product: str) -> Response:
        self.turn += 1
        peer = (*self.peers, "")[self.turn % (len(self.peers) + 1)]
        if peer:
            with contextlib.suppress(*TRANSIENT):
                rows = (await self.ask("GET", peer, "/rows")).body["rows"]
                return self.answer(next(row for row in rows if row["product"] == product))
        return await super().read(product)


class WritesBehind(AvailableCopy):
    """Acknowledges a write when it is in memory, and brings it into the database at the next poll: a crash loses it.

    Met as caches that write behind, whose process ends before they do.
    """

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.behind: dict[str, Row] = {}

    async def start(self) -> None:
        await super().start()
        self._background.run(self.bring(), f"{self.ports.name} behind")

    async def bring(self) -> None:
        while True:
            await self.ports.clock.sleep(self.config.poll_interval_ms)
            with contextlib.suppress(*TRANSIENT):
                rows = list(self.behind.values())
                if rows:
                    await self.prices.merge(rows)
                    self.behind.clear()

    async def write(self, product: str, price: int) -> Response:
        before = self.behind.get(product) or await self.prices.of(product)
        row: Row = {"product": product, "price": price, "version": self.prices.next(before)}
        self.behind[product] = row
        return self.answer(row)

    async def read(self, product: str) -> Response:
        if product in self.behind:
            return self.answer(self.behind[product])
        return await super().read(product)


class RefusesWhenAlone(AvailableCopy):
    """Refuses to answer when what it has may be old, though it is declared to answer."""

    async def read(self, product: str) -> Response:
        age_ms = self.age_ms()
        if age_ms is not None and age_ms > self.config.poll_interval_ms + 1_000:
            return NO_MAJORITY
        return await super().read(product)
