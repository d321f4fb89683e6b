"""OB-7 and OB-8: what one bad row, or many good ones, do to a tick of the relay."""

from __future__ import annotations

from shaketable.checkers.bounds import first_above
from shaketable_patterns.order_facts import OrderFacts, OutboxRow, Tally

_AGAIN_MAX = 2
"""Once healed, nothing is lost any more: a record may have been on its way, then come once, never a third time."""


def judge_poison(facts: OrderFacts, tally: Tally) -> None:
    """OB-7. Judged at the end of the liveness bound even if the relay never rests: it may be the poison's doing."""
    limit = int(tally.profile.knobs.get("event_bytes_max", 0))
    poison = [row for row in facts.outbox.values() if is_poison(facts, row, limit)]
    tally.exercised += len(poison)
    if not poison or facts.phases.quiet is None:
        return
    for row in facts.outbox.values():
        if row.status == "PENDING" and facts.on_topic(row) is None and not is_poison(facts, row, limit):
            tally.breach(
                "poison-blocks-others",
                f"{row.type} of {row.aggregate} waits behind a row that cannot be published",
                poison[0].inserted.at,
                row.inserted.at,
                about=(row.aggregate,),
            )
            break
    _rolled_back(facts, poison[0], tally)


def is_poison(facts: OrderFacts, row: OutboxRow, bytes_max: int) -> bool:
    """Whether no broker takes this row: it ended DEAD, or is larger than `bytes_max` (0: no limit declared)."""
    if facts.on_topic(row) is not None:
        return False
    return row.was("DEAD") or 0 < bytes_max < len(str(row.inserted.row.get("payload", "")))


def _rolled_back(facts: OrderFacts, poison: OutboxRow, tally: Tally) -> None:
    again: dict[str, list[int]] = {}
    for record in reversed(facts.appends):
        if record.at < facts.phases.liveness:
            break
        again.setdefault(record.event_id, []).append(record.at)
    for event_id, appended in again.items():
        if len(appended) > _AGAIN_MAX and event_id in facts.outbox:
            row = facts.outbox[event_id]
            tally.breach(
                "batch-rolled-back",
                f"{row.type} of {row.aggregate} was published {len(appended)} times: the failing row undoes its mark",
                poison.inserted.at,
                *appended[-_AGAIN_MAX - 1 :],
                about=(row.aggregate,),
            )
            return


def judge_batch(facts: OrderFacts, tally: Tally) -> None:
    """OB-8: every poll of an outbox against the declared batch."""
    sizes = [(p.index, p.value["rows"]) for p in facts.polls if p.value["table"] == "outbox"]
    tally.exercised += len(sizes)
    limit = tally.profile.int("batch_size") if sizes else 0
    above = first_above(sizes, limit)
    if above is not None:
        tally.breach("unbounded-batch", f"one poll read {above[1]} rows, declared are {limit}", above[0])
