"""A logical database as a system declares it: its tables, and the replication slots that its migration makes."""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.ports import Row


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key, an optional serial column, further unique keys, columns that must stay >= 0, first rows.

    Where `indexes` is given, in the simulated world a poll also says by which index it reads: one of these, or of the keys.
    """

    name: str
    key: tuple[str, ...]
    serial: str = ""
    unique: tuple[tuple[str, ...], ...] = ()
    not_negative: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    indexes: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A logical replication slot that the system's migration makes, with the publication of its name: inserts into `tables`."""

    name: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """One logical database on the server `server`."""

    name: str
    tables: tuple[Table, ...]
    server: str = "postgres"
    slots: tuple[Slot, ...] = ()
