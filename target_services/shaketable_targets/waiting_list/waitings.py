"""The rows of the waiting list: what is so, whatever Redis says."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.ports import Database, Row, Scalar, Transaction

WAITING, CALLED, CANCELLED = "WAITING", "CALLED", "CANCELLED"
ACTIVE = ("status", "=", WAITING)
_IN_ORDER = ("created_ms", "id")


class Waitings:
    """The tables `waitings` and `places`."""

    __slots__ = ("database",)

    def __init__(self, database: Database) -> None:
        self.database = database

    async def join(self, waiting: str, place: str, party: int, created_ms: int) -> None:
        """Let one wait. Raises UniqueViolation if it is there already."""
        row: Row = {
            "id": waiting,
            "place": place,
            "party": party,
            "status": WAITING,
            "created_ms": created_ms,
            "version": 1,
        }
        async with self.database.transaction() as tx:
            await tx.insert("places", {"name": place}, on_conflict="ignore")
            await tx.insert("waitings", row)

    async def get(self, waiting: str) -> Row | None:
        async with self.database.transaction() as tx:
            rows = await tx.select("waitings", ("id", "=", waiting))
        return rows[0] if rows else None

    async def among(self, waitings: Sequence[str]) -> set[str]:
        """Return those that wait."""
        if not waitings:
            return set()
        async with self.database.transaction() as tx:
            rows = await tx.select("waitings", ("id", "in", tuple(waitings)), ACTIVE)
        return {str(row["id"]) for row in rows}

    async def change(self, waiting: str, party: int) -> bool:
        """Let a party be of another size; False if it does not wait."""
        async with self.database.transaction() as tx:
            return bool(await self._set(tx, waiting, {"party": party}))

    async def cancel(self, waiting: str) -> Row | None:
        """Cancel one that waits, and return its row; None if it does not wait."""
        async with self.database.transaction() as tx:
            rows = await tx.select("waitings", ("id", "=", waiting), ACTIVE, lock="update")
            if not rows:
                return None
            await self._set(tx, waiting, {"status": CANCELLED})
            return rows[0]

    async def call_next(self, place: str) -> str | None:
        """Call the next one, and return its id: one that another instance calls at this moment is passed over."""
        async with self.database.transaction() as tx:
            rows = await tx.select(
                "waitings",
                ("place", "=", place),
                ACTIVE,
                order_by=_IN_ORDER,
                limit=1,
                lock="skip_locked",
            )
            if not rows:
                return None
            waiting = str(rows[0]["id"])
            await self._set(tx, waiting, {"status": CALLED})
        return waiting

    async def places(self) -> list[str]:
        async with self.database.transaction() as tx:
            rows = await tx.select("places", order_by=("name",))
        return [str(row["name"]) for row in rows]

    async def active(self, place: str) -> list[tuple[str, int]]:
        """Return those that wait at a place, in their order, each with the time at which it came."""
        async with self.database.transaction() as tx:
            rows = await tx.select("waitings", ("place", "=", place), ACTIVE, order_by=_IN_ORDER)
        return [(str(row["id"]), int(row["created_ms"] or 0)) for row in rows]

    async def _set(self, tx: Transaction, waiting: str, changes: dict[str, Scalar]) -> int:
        return await tx.update("waitings", {**changes, "version": ("+", 1)}, ("id", "=", waiting), ACTIVE)
