"""The log of one database as logical decoding reads it, and the replication slots that stand in it.

What is in it was committed: a transaction enters the log as a whole, at its COMMIT, and one that is rolled back never does.
(PostgreSQL documentation, "Logical Decoding".)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shaketable.commits.slot import Slot
from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import Row


@dataclass(frozen=True, slots=True)
class DecodedRow:
    """A `shaketable.ports.LoggedRow`."""

    position: int
    table: str
    row: Row


@dataclass(frozen=True, slots=True)
class DecodedTransaction:
    """A `shaketable.ports.LoggedTransaction`."""

    position: int
    rows: tuple[DecodedRow, ...]


class LogicalLog:
    """Committed transactions in the order of their COMMITs, and how far each slot has come. Positions only grow."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._tables = {slot.name: frozenset(slot.tables) for slot in slots}
        self._confirmed = {slot.name: 0 for slot in slots}
        self._log: list[DecodedTransaction] = []
        self._end = 0

    def commit(self, effects: Sequence[Json]) -> None:
        """Append the transaction that made these effects."""
        rows = []
        for verb, table, row in effects:
            self._end += 1
            if verb == "insert":
                rows.append(DecodedRow(self._end, table, row))
        self._end += 1
        self._log.append(DecodedTransaction(self._end, tuple(rows)))

    def peek(self, slot: str, rows_max: int) -> list[DecodedTransaction]:
        """Return the transactions behind the slot that inserted into its tables, up to that with which `rows_max` is reached."""
        confirmed, tables = self._position(slot), self._tables[slot]
        found: list[DecodedTransaction] = []
        count = 0
        for transaction in self._log:
            if count >= rows_max:
                break
            if transaction.position > confirmed:
                rows = tuple(
                    DecodedRow(row.position, row.table, row.row.copy())
                    for row in transaction.rows
                    if row.table in tables
                )
                if rows:
                    found.append(DecodedTransaction(transaction.position, rows))
                    count += len(rows)
        return found

    def advance(self, slot: str, position: int) -> None:
        """Move the slot forward; a position in the middle of a transaction leaves that whole."""
        self._confirmed[slot] = max(self._position(slot), min(position, self._end))

    def forget_positions(self) -> None:
        """Move every slot back to its beginning: a server writes its position down at checkpoints, not at once."""
        for slot in self._confirmed:
            self._confirmed[slot] = 0

    def _position(self, slot: str) -> int:
        found = self._confirmed.get(slot)
        if found is None:
            raise HarnessError(
                f"there is no replication slot {slot!r}, only {', '.join(self._confirmed) or 'none'}"
            )
        return found
