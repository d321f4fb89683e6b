"""EC-2 and EC-3: what one reader sees, read by read."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.eventual_consistency.facts import CopiesFacts


def reads_are_monotonic(facts: CopiesFacts, tally: Tally) -> None:
    """Compare each read with the newest that the same reader had been answered before it asked."""
    for later in facts.reads:
        if not later.role.monotonic or later.version is None:
            continue
        earlier = [
            one
            for one in facts.reads
            if one.role.monotonic and (one.of, one.reader) == (later.of, later.reader)
            if one.version is not None and one.ended < later.begun
        ]
        tally.exercised += bool(earlier)
        newest = max(earlier, key=lambda one: one.version or 0, default=None)
        if newest is not None and newest.version is not None and later.version < newest.version:
            tally.breach(
                "went-back",
                f"{later.reader} was answered version {newest.version} of {later.of} by {newest.copy}, and then version "
                f"{later.version} by {later.copy}",
                newest.ended,
                later.begun,
                later.ended,
                about=(later.of,),
            )


def own_writes_are_seen(facts: CopiesFacts, tally: Tally) -> None:
    """Compare each read with the newest write of the same reader that had been acknowledged before it asked."""
    for read in facts.reads:
        if not read.role.own_writes or read.version is None:
            continue
        mine = [
            one
            for one in facts.writes
            if (one.of, one.reader) == (read.of, read.reader) and one.version is not None
            if one.op.completed is not None and one.op.completed.index < read.begun
        ]
        tally.exercised += bool(mine)
        newest = mine[-1] if mine else None
        if newest is None or newest.version is None or newest.op.completed is None:
            continue
        if read.version < newest.version:
            tally.breach(
                "own-write-unseen",
                f"{read.reader} wrote version {newest.version} of {read.of}, and was then answered version {read.version} by {read.copy}",
                newest.op.completed.index,
                read.begun,
                read.ended,
                about=(read.of,),
            )
