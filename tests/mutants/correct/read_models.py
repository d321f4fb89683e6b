"""Correct read models that a strict reader might accuse, each unlike the hardened one; and choices declared the other way round."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from shaketable.mapping.mapping import Mapping
from shaketable.ports import Json, Ports, Record, Row, Transaction
from shaketable.subject import Subject, System
from shaketable_patterns.compositions import read_model_pattern_of
from shaketable_patterns.order_history import profile
from shaketable_patterns.order_history.mapping import mapping
from shaketable_patterns.order_history.system import order_history
from shaketable_patterns.projection.roles import Position, Rebuild, Total
from shaketable_targets.order_history.generations import Generations
from shaketable_targets.order_history.history import HistoryService, OtherProjector, OtherView
from shaketable_targets.order_history.mutants.positions import BlocksOnPoison, DropsPoison, SavesPositionLater
from shaketable_targets.order_history.projector import Projector
from shaketable_targets.order_history.shop import DAY_MS
from shaketable_targets.order_history.view import WINDOW_DAYS, View
from shaketable_targets.order_system.failures import Unavailable


class NoPosition(Projector):
    """Keeps no position: versions alone tell what is old, and a parked event is known by its place."""

    async def advance(self, tx: Transaction, record: Record) -> bool:
        return True


class TwoAtOnce(Projector):
    """Applies a record and the one before it again, in one transaction: versions make that harmless."""

    def __init__(self, ports: Ports, config: Any, generation: int, view: View) -> None:
        super().__init__(ports, config, generation, view)
        self.last: Record | None = None

    async def apply(self, tx: Transaction, record: Record) -> None:
        if self.last is not None:
            await super().apply(tx, self.last)
        await super().apply(tx, record)
        self.last = record


class Stops(Projector):
    """Stands in front of an event that it cannot read, and says so until a person comes."""

    async def park(self, tx: Transaction, record: Record, cause: str) -> None:
        raise Unavailable(cause)


class Sums(View):
    """Adds up when it is asked, from the rows of the last 7 times 24 hours; rows of days are not kept."""

    async def add(
        self, tx: Transaction, generation: int, user: str, day: int, orders: int, paid: int
    ) -> None:
        return

    async def summary(self, tx: Transaction, generation: int, user: str) -> Json:
        as_of_ms = self.clock.now_ms()
        since = ("ordered_ms", ">", as_of_ms - WINDOW_DAYS * DAY_MS)
        rows = await tx.select(
            "order_summary", ("generation", "=", generation), ("user_id", "=", user), since
        )
        return {
            "user_id": user,
            "orders": sum(row["status"] == "PLACED" for row in rows),
            "paid": sum(int(row["paid"] or 0) for row in rows),
            "as_of_ms": as_of_ms,
        }


class Deletes(View):
    """Takes away first what a row added and adds what it adds now, row of the day by row of the day, even where nothing changes."""

    async def add_up(self, tx: Transaction, generation: int, before: Row, after: Row) -> None:
        nothing = dict(before) | {"user_id": None}
        if before["user_id"] is not None:
            await super().add_up(tx, generation, after | {k: before[k] for k in ("status", "paid")}, after | {"status": "CANCELLED", "paid": 0})  # fmt: skip
            await super().add_up(tx, generation, after | {"status": "CANCELLED", "paid": 0}, after)
        else:
            await super().add_up(tx, generation, nothing, after)


class LivesOn(Generations):
    """Lets a new generation answer one poll later than it could."""

    waited = False

    async def caught_up(self, tx: Transaction, building: int, live: int) -> bool:
        before, self.waited = self.waited, await super().caught_up(tx, building, live)
        return before and self.waited


class Slower(HistoryService):
    def make_generations(self) -> Generations:
        return LivesOn(self.database)


class CopiesTheLiveView(Generations):
    """Builds the next generation out of the rows of the one that answers, position and all: it needs no record again."""

    async def begin(self) -> int:
        async with self.database.transaction() as tx:
            rows = await tx.select("generations", order_by=("number",), lock="update")
            number = max(int(row["number"] or 0) for row in rows) + 1
            live = ("generation", "=", await self.live(tx))
            reached = await tx.select(
                "positions", live, lock="update"
            )  # it is held still until all is copied
            for table in ("order_summary", "user_days", "parked"):
                for row in await tx.select(table, live):
                    await tx.insert(table, {**row, "generation": number})
            for row in reached:
                await tx.insert("positions", {**row, "generation": number})
            await tx.insert("generations", {"number": number, "status": "BUILDING"})
        return number


class CopiesItself(HistoryService):
    def make_generations(self) -> Generations:
        return CopiesTheLiveView(self.database)


def _subject(name: str, system: System, roles: Mapping | None = None, **knobs: Any) -> Subject:
    declared = profile.profile(name, **knobs)
    known = mapping(declared) if roles is None else roles
    return Subject(f"order-history/{name}", read_model_pattern_of(known), declared, system)


def _summed_up() -> Mapping:
    known = mapping(profile.HARDENED)
    roles = (replace(role, view=None, amount="") if isinstance(role, Total) else role for role in known.roles)
    return Mapping(tuple(roles), settings=known.settings)


def _of(projector: object) -> System:
    return order_history(history=OtherProjector, collaborator=projector)


def _without(*kinds: type) -> Mapping:
    known = mapping(profile.HARDENED)
    return Mapping(
        tuple(role for role in known.roles if not isinstance(role, kinds)), settings=known.settings
    )


CORRECT = [
    _subject("no-position", _of(NoPosition), _without(Position)),
    _subject("position-behind-the-view", _of(SavesPositionLater)),
    _subject("two-at-once", _of(TwoAtOnce)),
    _subject("stops-at-poison", _of(Stops), poison_policy="stop"),
    _subject("skips-poison", _of(DropsPoison), poison_policy="skip"),
    _subject("one-instance", order_history(instances=("history-1",))),
    _subject("copies-the-live-view", order_history(history=CopiesItself, expires=True)),
    _subject("takes-away-and-adds", order_history(history=OtherView, collaborator=Deletes)),
    _subject(
        "adds-up-when-asked",
        order_history(history=OtherView, collaborator=Sums),
        _summed_up(),
        window_grain_ms=60_000,
    ),
    _subject("swaps-later", order_history(history=Slower)),
    _subject("without-a-rebuild-declared", order_history(), _without(Rebuild)),
]
OPPOSITES = [
    (_subject("stops-undeclared", _of(BlocksOnPoison)), "poison-blocks"),
    (_subject("goes-on-undeclared", order_history(), poison_policy="stop"), "poison-passed"),
    (_subject("skips-undeclared", _of(DropsPoison)), "poison-dropped"),
]
