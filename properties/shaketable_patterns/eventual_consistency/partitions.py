"""EC-5: what a copy does while it is cut off from the majority, by what its subject has chosen."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.history import Op
from shaketable.mapping.calm_since import io_timeout_ms, starvations_ms
from shaketable.mapping.quantity import quantity
from shaketable_patterns.eventual_consistency.facts import CopiesFacts, Seen, Written

_LOOK_MS = 10_000
"""So much later it may be told that the machine was busy."""


def a_minority_refuses(facts: CopiesFacts, tally: Tally) -> None:
    """Judge every read and write at a copy in a minority: none is answered."""
    for copy, of, op in _ops_in_minority(facts):
        tally.exercised += 1
        if op.outcome == "ok" and op.completed is not None:
            tally.breach(
                "answered-in-minority",
                f"{copy} was cut off from the majority, and answered a {op.name} of {of}",
                op.invoked.index,
                op.completed.index,
                about=(of,),
            )


def a_minority_answers(facts: CopiesFacts, tally: Tally) -> None:
    """Judge every read and write at a copy in a minority that is well itself: each is answered."""
    for copy, of, op in _ops_in_minority(facts):
        if not facts.cuts.was_well(op) or _was_starved(op, facts, tally):
            continue
        tally.exercised += 1
        if op.outcome != "ok" and op.completed is not None:
            tally.breach(
                "refused-while-cut-off",
                f"{copy} was cut off from the majority, and did not answer a {op.name} of {of}",
                op.invoked.index,
                op.completed.index,
                about=(of,),
            )


def _was_starved(op: Op, facts: CopiesFacts, tally: Tally) -> bool:
    """Tell whether a copy may have waited for its own parts in vain, as the machine let nothing go on: that takes a time-out."""
    begun_ms = op.invoked.time_ms
    ended_ms = begun_ms if op.completed is None else op.completed.time_ms
    if ended_ms - begun_ms < io_timeout_ms(tally.profile):
        return False
    starved = starvations_ms(facts.index, tally.profile)
    return any(begun_ms <= at_ms <= ended_ms + _LOOK_MS for at_ms in starved)


def it_says_how_old(facts: CopiesFacts, tally: Tally) -> None:
    """Judge the age that each answer tells: all that had been acknowledged so long before it was asked is in it."""
    for read in facts.reads:
        if not read.role.age or read.version is None or read.op.completed is None:
            continue
        age_ms = quantity(read.age)
        if age_ms is None:
            _says_none(read, facts, tally)
            continue
        known = facts.acknowledged_by_ms(read.of, read.op.invoked.time_ms - float(age_ms) - 1)
        tally.exercised += facts.cuts.was_in_minority(read.copy, read.op)
        if known is not None and known.version is not None and read.version < known.version:
            tally.breach(
                "age-understated",
                f"{read.copy} said that version {read.version} of {read.of} is at most {age_ms} ms old, and version {known.version} "
                f"had been acknowledged {read.op.invoked.time_ms - (known.op.completed or known.op.invoked).time_ms} ms before",
                (known.op.completed or known.op.invoked).index,
                read.begun,
                read.ended,
                about=(read.of,),
            )


def _says_none(read: Seen, facts: CopiesFacts, tally: Tally) -> None:
    """Blame an answer without an age of a copy that was cut off, unless it cannot know."""
    converge_ms = int(tally.profile.knobs.get("converge_ms", 0))
    if facts.cuts.was_in_minority(read.copy, read.op) and not facts.cuts.may_know_nothing(
        read.copy, converge_ms
    ):
        tally.exercised += 1
        told = f"{read.copy} was cut off from the majority, and did not say how old version {read.version} of {read.of} may be"
        tally.breach("says-no-age", told, read.begun, read.ended, about=(read.of,))


def _ops_in_minority(facts: CopiesFacts) -> Iterator[tuple[str, str, Op]]:
    ops: list[Seen | Written] = [*facts.reads, *facts.writes]
    for one in ops:
        if facts.cuts.was_in_minority(one.copy, one.op):
            yield one.copy, one.of, one.op
