"""The generations of the view: one answers, the next is built beside it from the first event on."""

from __future__ import annotations

from shaketable.ports import Database, Row, Transaction

LIVE = ("status", "=", "LIVE")
BUILDING = ("status", "=", "BUILDING")


class Generations:
    """The table `generations`."""

    __slots__ = ("database",)

    def __init__(self, database: Database) -> None:
        self.database = database

    async def live(self, tx: Transaction) -> int:
        """Return the generation that answers."""
        rows = await tx.select("generations", LIVE)
        return _number(rows[0])

    async def read_by_projectors(self) -> list[int]:
        """Return the generations that have to be kept up to date."""
        async with self.database.transaction() as tx:
            rows = await tx.select(
                "generations", ("status", "in", ("LIVE", "BUILDING")), order_by=("number",)
            )
        return [_number(row) for row in rows]

    async def begin(self) -> int:
        """Begin to build the next generation; return it, or the one that is being built."""
        async with self.database.transaction() as tx:
            rows = await tx.select("generations", order_by=("number",), lock="update")
            for row in rows:
                if row["status"] == "BUILDING":
                    return _number(row)
            number = _number(rows[-1]) + 1
            await tx.insert("generations", {"number": number, "status": "BUILDING"})
        return number

    async def finish(self) -> None:
        """Let the generation that is being built answer, if it has read as far as the one that does."""
        async with self.database.transaction() as tx:
            rows = await tx.select("generations", order_by=("number",), lock="update")
            building = [_number(row) for row in rows if row["status"] == "BUILDING"]
            live = [_number(row) for row in rows if row["status"] == "LIVE"]
            if building and await self.caught_up(tx, building[0], live[0]):
                await tx.update("generations", {"status": "RETIRED"}, ("number", "=", live[0]))
                await tx.update("generations", {"status": "LIVE"}, ("number", "=", building[0]))

    async def caught_up(self, tx: Transaction, building: int, live: int) -> bool:
        """Tell whether one generation has read as far as the other, which is held still until `tx` ends."""
        reached = await tx.select("positions", ("generation", "=", live), lock="update")
        mine = await tx.select("positions", ("generation", "=", building))
        next_of = {(row["topic"], row["partition"]): _next(row) for row in mine}
        return all(next_of.get((row["topic"], row["partition"]), 0) >= _next(row) for row in reached)


def _number(row: Row) -> int:
    return int(row["number"] or 0)


def _next(row: Row) -> int:
    return int(row["next"] or 0)
