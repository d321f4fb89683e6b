"""A logical replication slot as a system declares it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot that the system's migration makes, with the publication of its name: inserts into `tables`."""

    name: str
    tables: tuple[str, ...]


def misdeclared(slots: Sequence[Slot], tables: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each second slot of one name, and for each table of a slot that its database does not have."""
    for number, slot in enumerate(slots):
        if any(slot.name == other.name for other in slots[:number]):
            yield f"there are two slots {slot.name!r}"
        for table in slot.tables:
            if table not in tables:
                yield f"slot {slot.name!r}: there is no table {table!r}; there are {', '.join(tables) or 'none'}"
