"""A logical replication slot as a system declares it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot that the system's migration makes, with the publication of its name: inserts into `tables`."""

    name: str
    tables: tuple[str, ...]
