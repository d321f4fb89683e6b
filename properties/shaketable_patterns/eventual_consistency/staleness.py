"""EC-4: how old an answer may be."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.eventual_consistency.facts import CopiesFacts, Seen, Written


def strong_reads_are_never_stale(facts: CopiesFacts, tally: Tally) -> None:
    """Compare each answer of a strong path with the newest write that had been acknowledged before it was asked."""
    for read in facts.reads:
        if read.role.strong and read.version is not None:
            known = facts.acknowledged(read.of, read.begun)
            tally.exercised += known is not None
            _judge("stale-strong-read", read, known, "had been acknowledged before", tally)


def reads_lag_no_longer_than_declared(facts: CopiesFacts, tally: Tally) -> None:
    """Compare each answer, once all has been healed for so long, with what had been acknowledged so long before it was asked."""
    staleness_ms = tally.profile.int("staleness_ms")
    for read in facts.reads:
        asked_ms = read.op.invoked.time_ms
        if read.version is None or asked_ms < facts.calm_ms + staleness_ms:
            continue
        known = facts.acknowledged_by_ms(read.of, asked_ms - staleness_ms)
        tally.exercised += known is not None
        _judge("stale-read", read, known, f"had been acknowledged for {staleness_ms} ms", tally)


def _judge(anomaly: str, read: Seen, known: Written | None, since: str, tally: Tally) -> None:
    if known is None or known.version is None or read.version is None or known.op.completed is None:
        return
    if read.version < known.version:
        tally.breach(
            anomaly,
            f"{read.copy} answered version {read.version} of {read.of}, and version {known.version} {since}",
            known.op.completed.index,
            read.begun,
            read.ended,
            about=(read.of,),
        )
