"""A logical replication slot as a system declares it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shaketable.errors import UsageError


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot that the system's migration makes, with the publication of its name: inserts into `tables`."""

    name: str
    tables: tuple[str, ...]


def check_slots(slots: Sequence[Slot], tables: Collection[str], database: str) -> None:
    """Raise UsageError for two slots of one name, and for a slot of a table that its database does not have."""
    for number, slot in enumerate(slots):
        if any(slot.name == other.name for other in slots[:number]):
            raise UsageError(f"database {database!r} has two slots {slot.name!r}")
        for table in slot.tables:
            if table not in tables:
                raise UsageError(
                    f"slot {slot.name!r} of database {database!r}: there is no table {table!r}; "
                    f"there are {', '.join(tables) or 'none'}"
                )
