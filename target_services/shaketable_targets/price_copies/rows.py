"""The rows of a copy: each with a version of which the greater one wins, at every copy alike."""

from __future__ import annotations

from shaketable.ports import Database, Json, Row

NUMBERS = 10
"""Versions end in the number of the copy that made them, so that no two copies make the same."""


class Prices:
    """The table `prices` of one copy."""

    def __init__(self, database: Database, number: int) -> None:
        self.database = database
        self.number = number

    async def all(self) -> list[Row]:
        async with self.database.transaction() as tx:
            return await tx.select("prices", order_by=("product",))

    async def of(self, product: str) -> Row:
        """Return the row of a product; one that there is not has version 0."""
        async with self.database.transaction() as tx:
            rows = await tx.select("prices", ("product", "=", product))
        return rows[0] if rows else {"product": product, "price": 0, "version": 0}

    async def write(self, product: str, price: int) -> Row:
        """Write a price as the newest of what this copy has; return the row."""
        async with self.database.transaction() as tx:
            empty: Row = {"product": product, "price": 0, "version": 0}
            await tx.insert("prices", empty, on_conflict="ignore")
            rows = await tx.select("prices", ("product", "=", product), lock="update")
            row: Row = {"product": product, "price": price, "version": self.next(rows[0])}
            await tx.update("prices", row, ("product", "=", product))
        return row

    def next(self, row: Row) -> int:
        """Return a version that is newer than that of a row, and that no other copy makes."""
        return (int(row["version"] or 0) // NUMBERS + 1) * NUMBERS + self.number

    async def merge(self, rows: Json) -> None:
        """Take each row that is newer than the own one, in one order at every copy, so that no two wait for each other."""
        if rows:
            await self.merge_into(await self.all(), rows)

    async def merge_into(self, mine: list[Row], rows: Json) -> None:
        """Do the same knowing what this copy had a moment ago: mostly there is nothing to do."""
        newer = self.newer(rows, mine)
        if newer:
            await self.take(newer)

    def newer(self, rows: Json, than: Json) -> list[Row]:
        """Return those of `rows` that are newer than what `than` has of the same product."""
        versions = {row["product"]: row for row in than}
        unknown: Row = {"version": 0}
        return [row for row in rows if self.is_newer(row, versions.get(row["product"], unknown))]

    async def take(self, rows: list[Row]) -> None:
        async with self.database.transaction() as tx:
            for row in sorted(rows, key=lambda row: str(row["product"])):
                empty: Row = {"product": row["product"], "price": 0, "version": 0}
                await tx.insert("prices", empty, on_conflict="ignore")
                mine = await tx.select("prices", ("product", "=", row["product"]), lock="update")
                if self.is_newer(row, mine[0]):
                    await tx.update("prices", dict(row), ("product", "=", row["product"]))

    def is_newer(self, row: Row, mine: Row) -> bool:
        return int(row["version"] or 0) > int(mine["version"] or 0)
