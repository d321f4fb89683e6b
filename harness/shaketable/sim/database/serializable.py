"""SERIALIZABLE: serializable snapshot isolation, by the dangerous structures of Cahill, Röhm and Fekete (2008).

Sources: Ports and Grittner, "Serializable Snapshot Isolation in PostgreSQL" (VLDB 2012), sections 3 and 5, and the
documentation in PostgreSQL's `README-SSI`. In reader --rw--> pivot --rw--> writer, where the writer commits first, one
of the three transactions is refused.

Precision: reads are remembered by page and table (`predicate_locks`), the plan is that of a table without statistics
(`access_path`), and READ ONLY is inferred at commit, never declared. A LIMIT does not narrow what is read, as in a plan
that sorts. Checks of unique keys are not reads, nor are they in PostgreSQL. A statement has read all its rows before it locks the
first one; where an index gives their order PostgreSQL reads and locks one after the other, so that it may say first that a lock is not
available where this model says that the transaction is refused: it fails either way.
"""

from __future__ import annotations

from shaketable.sim.database.predicate_locks import PredicateLocks, Target


class Footprint:
    """The rw-conflicts of a serializable transaction: `into` it from readers, `out` to writers."""

    __slots__ = (
        "committed_at",
        "doomed",
        "into",
        "out",
        "out_committed_at",
        "read_only",
        "started_at",
        "wrote",
    )

    def __init__(self, started_at: int) -> None:
        self.started_at = started_at
        self.committed_at = 0  # 0: not committed
        self.out_committed_at = (
            0  # when the first of those `out` that were committed before it committed; 0: none
        )
        self.doomed = False
        self.wrote = False
        self.read_only = False
        self.into: dict[Footprint, None] = {}
        self.out: dict[Footprint, None] = {}

    def overlaps(self, other: Footprint) -> bool:
        """Tell whether `other` was open when this one took its snapshot, or later."""
        return not other.committed_at or other.committed_at > self.started_at


class Serializability:
    """The footprints of one database that still overlap an open transaction, and what they have read.

    `saw`, `wrote` and `prepare` return True when the transaction they act for must be refused.
    """

    __slots__ = ("_commits", "_footprints", "locks")

    def __init__(self) -> None:
        self.locks: PredicateLocks[Footprint] = PredicateLocks()
        self._footprints: dict[Footprint, None] = {}
        self._commits = 0

    def enter(self) -> Footprint:
        """Start the footprint of a transaction that has just taken its snapshot."""
        footprint = Footprint(self._commits)
        self._footprints[footprint] = None
        return footprint

    def saw(self, reader: Footprint, writer: Footprint) -> bool:
        """Note that `reader` was shown an older state than the one the concurrent `writer` left."""
        if writer is reader or writer.doomed or writer not in self._footprints or writer in reader.out:
            return False
        return self._conflict(reader, writer, reader)

    def wrote(self, writer: Footprint, target: Target) -> bool:
        """Note that `writer` changed what the readers of `target` have read."""
        writer.wrote = True
        for reader in self.locks.holders(target):
            if reader is writer or reader.doomed or writer in reader.out or not writer.overlaps(reader):
                continue
            if self._conflict(reader, writer, writer):
                return True
        return False

    def prepare(self, me: Footprint) -> bool:
        """Begin the commit of `me`, unless it is doomed; an open pivot that this makes dangerous is doomed first."""
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
        return False

    def commit(self, me: Footprint) -> None:
        """End the commit that `prepare` began; from now on it is known whether `me` wrote anything."""
        me.read_only = not me.wrote
        self._settle(me)
        self._sweep()

    def abort(self, me: Footprint) -> None:
        """Drop the footprint of an aborted transaction, what it read, and its conflicts with others."""
        me.doomed = True
        self._forget(me)
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

    def _settle(self, me: Footprint) -> None:
        """Drop the edges of a committed footprint that can make nothing dangerous any more; remember the first `out`."""
        for writer in list(me.out):
            if writer.committed_at:
                if not me.read_only:
                    earlier = me.out_committed_at or writer.committed_at
                    me.out_committed_at = min(earlier, writer.committed_at)
                del me.out[writer]
                del writer.into[me]
        for reader in list(me.into):
            if reader.committed_at:
                del me.into[reader]
                del reader.out[me]

    def _forget(self, footprint: Footprint) -> None:
        for reader in footprint.into:
            reader.out.pop(footprint, None)
        for writer in footprint.out:
            writer.into.pop(footprint, None)
        footprint.into, footprint.out = {}, {}
        self.locks.release(footprint)
        self._footprints.pop(footprint, None)

    def _sweep(self) -> None:
        """Drop committed footprints that no open transaction overlaps."""
        opened = min((f.started_at for f in self._footprints if not f.committed_at), default=self._commits)
        for old in [f for f in self._footprints if f.committed_at and f.committed_at <= opened]:
            self._forget(old)


def _pivot_is_writer(reader: Footprint, writer: Footprint) -> bool:
    """Tell whether reader -> writer -> first is dangerous: `first` committed before both others."""
    if writer.committed_at and writer.out_committed_at:
        return True
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
