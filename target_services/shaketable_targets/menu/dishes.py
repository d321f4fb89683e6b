"""The table `dishes`, which the kitchen and each counter have in a database of their own."""

from __future__ import annotations

from typing import Any

from shaketable_targets.menu.settings import DATABASE_URL, PATIENCE_S
from shaketable_targets.threaded.database import Database

Dish = dict[str, Any]
database = Database(DATABASE_URL, PATIENCE_S)


def find(name: str) -> Dish:
    """Return a dish as it stands here; one that does not is of edition 0."""
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT name, cents, edition FROM dishes WHERE name = %s", (name,)
        ).fetchone()
    return _dish(*row) if row else {"name": name, "cents": None, "edition": 0}


def board() -> list[Dish]:
    """Return all dishes."""
    with database.transaction() as connection:
        rows = connection.execute("SELECT name, cents, edition FROM dishes ORDER BY name").fetchall()
    return [_dish(*row) for row in rows]


def price(name: str, cents: int) -> Dish:
    """Write the price of a dish, old or new, as its next edition. The kitchen alone does that."""
    with database.transaction() as connection:
        row = connection.execute(
            "INSERT INTO dishes (name, cents, edition) VALUES (%s, %s, 1) ON CONFLICT (name) DO UPDATE "
            "SET cents = EXCLUDED.cents, edition = dishes.edition + 1 RETURNING edition",
            (name, cents),
        ).fetchone()
    return _dish(name, cents, row[0] if row else 0)


def take(dish: Dish, *, only_newer: bool) -> None:
    """Take a dish as it is told."""
    newer = " WHERE dishes.edition < EXCLUDED.edition" if only_newer else ""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO dishes (name, cents, edition) VALUES (%(name)s, %(cents)s, %(edition)s) "
            f"ON CONFLICT (name) DO UPDATE SET cents = EXCLUDED.cents, edition = EXCLUDED.edition{newer}",
            dish,
        )


def _dish(name: str, cents: int, edition: int) -> Dish:
    return {"name": name, "cents": cents, "edition": edition}
