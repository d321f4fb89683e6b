"""Mistakes in building the view again while it is in use."""

from __future__ import annotations

from shaketable.ports import Database, Ports, Record, Transaction
from shaketable_targets.order_history.generations import Generations
from shaketable_targets.order_history.history import HistoryService
from shaketable_targets.order_history.projector import Projector
from shaketable_targets.order_history.view import View
from shaketable_targets.order_system.config import Config


class StopsAtTheEnd(Projector):
    """Reads for a new generation only what there was when it began; then the projector of old goes on with the new one.

    Met as rebuilds beside a live reader that shares nothing with them: what arrives meanwhile is read by the old one only
    (marten 577 and 596).
    """

    def __init__(self, ports: Ports, config: Config, generation: int, view: View) -> None:
        super().__init__(ports, config, generation, view)
        self.ends: dict[tuple[str, int], int] | None = None

    async def take(self, record: Record) -> None:
        async with self.database.transaction() as tx:
            if self.generation == 1:
                await self.take_for_all(tx, record)
                return
            end = (await self.end_of(tx)).get((record.topic, record.partition), 0)
            if record.offset < end and await self.advance(tx, record):
                await self.apply(tx, record)

    async def take_for_all(self, tx: Transaction, record: Record) -> None:
        """Apply a record to the generation that is live, which this projector has always done."""
        if not await self.advance(tx, record):
            return
        live = await Generations(self.database).live(tx)
        if live != self.generation:
            other = Projector(self.ports, self.config, live, self.view)
            await other.apply(tx, record)
        await self.apply(tx, record)

    async def end_of(self, tx: Transaction) -> dict[tuple[str, int], int]:
        if self.ends is None:
            rows = await tx.select("positions", ("generation", "=", 1))
            self.ends = {(str(r["topic"]), int(r["partition"] or 0)): int(r["next"] or 0) for r in rows}
        return self.ends


class EndsAtTheStart(Generations):
    """Lets the first generation be read on for ever, and a new one answer when it has something."""

    async def read_by_projectors(self) -> list[int]:
        async with self.database.transaction() as tx:
            rows = await tx.select("generations", order_by=("number",))
        return [int(row["number"] or 0) for row in rows]

    async def caught_up(self, tx: Transaction, building: int, live: int) -> bool:
        return bool(await tx.select("positions", ("generation", "=", building)))


class MissesWhatArrives(HistoryService):
    """Builds a new generation from what there is, lets it answer, and goes on: what arrived in between is in neither.

    Met as rebuilds that start while the live reader goes on, and share no position with it (marten 577 and 596).
    """

    def make_generations(self) -> Generations:
        return EndsAtTheStart(self.database)

    def make_projector(self, generation: int) -> Projector:
        return StopsAtTheEnd(self.ports, self.config, generation, self.view)


class BuildsInMemory(Generations):
    """Knows by memory alone that a generation is being built."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.begun: dict[int, None] = {}

    async def begin(self) -> int:
        number = await super().begin()
        self.begun[number] = None
        return number

    async def read_by_projectors(self) -> list[int]:
        async with self.database.transaction() as tx:
            live = await self.live(tx)
        return [one for one in await super().read_by_projectors() if one == live or one in self.begun]


class StrandsRebuilds(HistoryService):
    """Forgets in a crash that it was building: the generation stays half built, and no other may be begun beside it.

    Met as jobs that are started by a request and known to the process that answered it alone.
    """

    def make_generations(self) -> Generations:
        return BuildsInMemory(self.database)


class StartsFromOldSums(Generations):
    """Begins a generation with a copy of the sums."""

    async def begin(self) -> int:
        number = await super().begin()
        async with self.database.transaction() as tx:
            live = await self.live(tx)
            for row in await tx.select("user_days", ("generation", "=", live)):
                await tx.insert("user_days", row | {"generation": number}, on_conflict="ignore")
        return number


class AddsToOldSums(HistoryService):
    """Begins a new generation with the sums of the old one, so that it is not empty, and adds every event to them again.

    Met as a replay into tables of which one was not emptied.
    """

    def make_generations(self) -> Generations:
        return StartsFromOldSums(self.database)


class ReplaysWhatExpires(HistoryService):
    """Rebuilds from topics that keep their records for a while only: what was deleted is in the old view and not in the new one.

    The service is the right one; its topics are not. Met wherever a view is built again from Kafka with the broker's retention of a week.
    """
