"""SERIALIZABLE: serializable snapshot isolation, by the dangerous structures of Cahill, Röhm and Fekete (2008).

Source: Ports and Grittner, "Serializable Snapshot Isolation in PostgreSQL" (VLDB 2012), sections 3 and 5. In
reader --rw--> pivot --rw--> writer, where the writer commits first, one of the three transactions is refused.

Precision: reads are kept as the conditions they asked, not as pages, so this refuses only when the rule holds
for the conditions themselves. PostgreSQL locks whole index pages and, after a sequential scan, whole tables;
it refuses at least as often. A condition is compared with the newest version rather than the one read, which
may add an edge where a page lock of PostgreSQL has one too. A LIMIT does not narrow what was asked, as in a plan
that sorts. READ ONLY is inferred at commit, never declared. Checks of unique keys are not reads, nor are they in
PostgreSQL: a key that moves from one row to another between two concurrent transactions is not noticed.
"""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.ports import Condition, Row
from shaketable.sim.database.conditions import matches

Where = Sequence[Condition]


class Footprint:
    """The reads of a serializable transaction, and its rw-conflicts: `into` it from readers, `out` to writers."""

    __slots__ = ("asked", "committed_at", "doomed", "into", "out", "read_only", "started_at", "wrote")

    def __init__(self, started_at: int) -> None:
        self.started_at = started_at
        self.committed_at = 0  # 0: not committed
        self.doomed = False
        self.wrote = False
        self.read_only = False
        self.asked: list[tuple[str, Where]] = []
        self.into: dict[Footprint, None] = {}
        self.out: dict[Footprint, None] = {}

    def asked_for(self, table: str, old: Row | None, new: Row | None) -> bool:
        """Tell whether a write of this row changes an answer this transaction was given."""
        for name, where in self.asked:
            if name == table and (
                (old is not None and matches(old, where)) or (new is not None and matches(new, where))
            ):
                return True
        return False


class Serializability:
    """The footprints of one database that still overlap an open transaction.

    `saw_overwritten`, `wrote` and `commit` return True when the transaction they act for must be refused.
    """

    __slots__ = ("_commits", "_footprints")

    def __init__(self) -> None:
        self._footprints: dict[Footprint, None] = {}
        self._commits = 0

    def enter(self) -> Footprint:
        """Start the footprint of a transaction that has just taken its snapshot."""
        footprint = Footprint(self._commits)
        self._footprints[footprint] = None
        return footprint

    def saw_overwritten(self, reader: Footprint, writer: Footprint) -> bool:
        """Note that `reader` was shown an older state than the one the concurrent `writer` left."""
        if writer is reader or writer.doomed or writer in reader.out:
            return False
        return self._conflict(reader, writer, reader)

    def wrote(self, writer: Footprint, table: str, old: Row | None, new: Row | None) -> bool:
        """Note a write and whose answers it changes; `old` None is an insert, `new` None a delete."""
        writer.wrote = True
        for reader in list(self._footprints):
            concurrent = not reader.committed_at or reader.committed_at > writer.started_at
            if reader is writer or reader.doomed or not concurrent or writer in reader.out:
                continue
            if reader.asked_for(table, old, new) and self._conflict(reader, writer, writer):
                return True
        return False

    def commit(self, me: Footprint) -> bool:
        """Commit `me`, unless it is doomed; an open pivot that this commit makes dangerous is doomed first."""
        if me.doomed:
            return True
        for pivot in me.into:
            if pivot.committed_at or pivot.doomed:
                continue
            for far in pivot.into:
                if far is me or not (far.committed_at or far.doomed):
                    pivot.doomed = True
                    break
        self._commits += 1
        me.committed_at = self._commits
        me.read_only = not me.wrote
        self._sweep()
        return False

    def abort(self, me: Footprint) -> None:
        """Drop the footprint of an aborted transaction, and its conflicts with others."""
        me.doomed = True
        for reader in me.into:
            reader.out.pop(me, None)
        for writer in me.out:
            writer.into.pop(me, None)
        self._footprints.pop(me, None)
        self._sweep()

    def _conflict(self, reader: Footprint, writer: Footprint, me: Footprint) -> bool:
        """Add an edge; True if `me` must be refused now. Else a dangerous pivot is doomed, for its next step."""
        dangerous = _pivot_is_writer(reader, writer) or _pivot_is_reader(reader, writer)
        if dangerous and (me is writer or writer.committed_at):
            return True
        if dangerous:
            writer.doomed = True
        reader.out[writer] = None
        writer.into[reader] = None
        return False

    def _sweep(self) -> None:
        """Drop committed footprints that no open transaction overlaps."""
        opened = min((f.started_at for f in self._footprints if not f.committed_at), default=self._commits)
        for old in [f for f in self._footprints if f.committed_at and f.committed_at <= opened]:
            del self._footprints[old]


def _pivot_is_writer(reader: Footprint, writer: Footprint) -> bool:
    """Tell whether reader -> writer -> first is dangerous: `first` committed before both others."""
    for first in writer.out:
        at = first.committed_at
        if (
            at
            and (not reader.committed_at or at <= reader.committed_at)
            and (not writer.committed_at or at <= writer.committed_at)
            and (not reader.read_only or at <= reader.started_at)
        ):
            return True
    return False


def _pivot_is_reader(reader: Footprint, writer: Footprint) -> bool:
    """Tell whether far -> reader -> writer is dangerous: `writer` committed first."""
    at = writer.committed_at
    if not at or reader.read_only:
        return False
    for far in reader.into:
        if (
            not far.doomed
            and (not far.committed_at or far.committed_at >= at)
            and (not far.read_only or far.started_at >= at)
        ):
            return True
    return False
