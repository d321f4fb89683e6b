"""OB-7 and OB-8: what one bad row, or many good ones, do to a tick of the relay."""

from __future__ import annotations

from collections.abc import Iterable

from shaketable.checkers.tally import Tally
from shaketable.mapping.calm_since import calm_since_ms, patience_ms
from shaketable_patterns.outbox.facts import DEAD, PENDING, EventRow, Key, Outboxes, OutboxFacts

_AGAIN_MAX = 2
"""In calm nothing is lost any more: a relay may publish once more what was on its way, never a third time."""


def poison_blocks_none(outboxes: Outboxes, tally: Tally) -> None:
    """Judge OB-7, at the end of the liveness bound even if the relay never rests: it may be the poison's doing."""
    limit = int(tally.profile.knobs.get("event_bytes_max", 0))
    for facts in outboxes:
        poison = [row for row in facts.rows.values() if is_poison(facts, row, limit)]
        tally.exercised += len(poison)
        if not poison or facts.index.phases.quiet is None:
            continue
        for row in facts.rows.values():
            if row.state == PENDING and facts.record_of(row) is None and not is_poison(facts, row, limit):
                tally.breach(
                    "poison-blocks-others",
                    f"{row.name} waits behind a row that cannot be published",
                    poison[0].inserted.at,
                    row.inserted.at,
                    about=(row.of,),
                )
                break
        _rolled_back(facts, poison[0], tally)


def is_poison(facts: OutboxFacts, row: EventRow, bytes_max: int) -> bool:
    """Tell whether no broker takes this row: it was given up, or is larger than `bytes_max` (0: no limit declared)."""
    if facts.record_of(row) is not None:
        return False
    return DEAD in row.states or 0 < bytes_max < row.size


def _rolled_back(facts: OutboxFacts, poison: EventRow, tally: Tally) -> None:
    """Look for a row that one relay publishes again and again in calm, and that nothing marks.

    Each relay counts by itself, as several without a lock may publish what all of them have read. What a fault can have
    undone, such as a COMMIT that came late, is no rollback: only the time after it counts.
    """
    index = facts.index
    calm_ms = calm_since_ms(index)
    if calm_ms:
        calm_ms += patience_ms(tally.profile)
    again: dict[tuple[Key, str], list[int]] = {}
    for record in reversed(facts.records):
        if record.at < index.phases.liveness or index.time_ms(record.at) < calm_ms:
            break
        again.setdefault((record.key, record.record.process), []).append(record.at)
    for (key, relay), appended in again.items():
        row = facts.rows.get(key)
        if row is None or len(appended) <= _AGAIN_MAX or row.changes[-1].at > appended[_AGAIN_MAX]:
            continue
        tally.breach(
            "batch-rolled-back",
            f"{relay} published {row.name} {len(appended)} times and marked it never: the failing row undoes its mark",
            poison.inserted.at,
            *appended[: _AGAIN_MAX + 1],
            about=(row.of,),
        )
        return


def batch_is_bounded(outboxes: Outboxes, tally: Tally) -> None:
    """Judge OB-8: every poll of an outbox against the declared batch."""
    tables = {(f.role.events.database, f.role.events.table): f for f in outboxes if f.role.events}
    for (database, table), facts in tables.items():
        sizes = [
            (poll.index, poll.value["rows"])
            for poll in facts.index.polls
            if poll.value["table"] == table and poll.value.get("db", database) == database
        ]
        tally.exercised += len(sizes)
        limit = tally.profile.int("batch_size") if sizes else 0
        above = first_above(sizes, limit)
        if above is not None:
            tally.breach("unbounded-batch", f"one poll read {above[1]} rows, declared are {limit}", above[0])


def first_above(sizes: Iterable[tuple[int, int]], limit: int) -> tuple[int, int] | None:
    """Return the first (index, size) that is larger than `limit`."""
    return next((size for size in sizes if size[1] > limit), None)
