"""OB-4: who may write an event row, and what sent means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shaketable.checkers.tally import Tally
from shaketable.mapping.history_index import Change
from shaketable.mapping.value_paths import Read, compiled, text
from shaketable_patterns.outbox.facts import DEAD, DELETED, SENT, EventRow, Outboxes, OutboxFacts

_FREE = ("", -1)


class OwnedWrite(NamedTuple):
    """A change at `at` by `writer` of what `owner` held since `since` ("" and -1: it was free), of an event about `of`."""

    at: int
    writer: str
    owner: str
    since: int
    of: str = ""


def unfenced(writes: Iterable[OwnedWrite]) -> Iterator[OwnedWrite]:
    """Yield writes by one who was not, or no longer, the owner."""
    return (write for write in writes if write.owner and write.owner != write.writer)


def sent_is_final(outboxes: Outboxes, tally: Tally) -> None:
    """Judge that a sent row is never anything else again; it may be swept away."""
    for facts in outboxes:
        for row in facts.rows.values():
            for at in range(1, len(row.changes)):
                before, state = row.states[at - 1], row.states[at]
                if before == DEAD or _swept(facts, before, state):
                    continue
                tally.exercised += 1
                if before == SENT and state not in (SENT, DELETED):
                    tally.breach(
                        "sent-regressed",
                        f"a sent event row became {state or 'something else'}",
                        row.changes[at - 1].at,
                        row.changes[at].at,
                        about=(row.of,),
                    )


def only_owners_write(outboxes: Outboxes, tally: Tally) -> None:
    """Judge each later change of an event row by its previous state, its claim, and the lock that relays share."""
    for facts in outboxes:
        for write in unfenced(_writes(facts, tally)):
            tally.breach(
                "unfenced-claim",
                f"{write.writer} wrote an event row that was {write.owner}'s by then",
                write.since,
                write.at,
                about=(write.of,),
            )


def _swept(facts: OutboxFacts, before: str, state: str) -> bool:
    """Tell whether a row that is done with is swept away: then no claim holds.

    A reader of the log needs its row no longer than until it was committed.
    """
    return state == DELETED and (facts.role.sent == "log" or before in (SENT, DEAD))


def _writes(facts: OutboxFacts, tally: Tally) -> list[OwnedWrite]:
    role = facts.role
    owner = compiled(role.claim.owner if role.claim else "")
    lock_owner = compiled(role.lock.owner if role.lock else "")
    rows = role.lock.rows if role.lock else None
    locks = iter(facts.index.changes_of(rows.database, rows.table) if rows else ())
    lock = next(locks, None)
    holder = _FREE
    holders: dict[str, str] = {}
    writes: list[OwnedWrite] = []
    later = sorted(
        ((row.changes[at], row, at) for row in facts.rows.values() for at in range(1, len(row.changes))),
        key=lambda one: one[0].number,
    )
    for change, row, at in later:
        while lock is not None and lock.at <= change.at:
            taken = lock.verb != "delete" and text(lock_owner(lock))
            holder = (lock.process, lock.at) if taken else _FREE
            lock = next(locks, None)
        before, state = row.states[at - 1], row.states[at]
        if before == DEAD or _swept(facts, before, state):
            continue
        if not change.process or not row.changes[at - 1].process:
            continue  # a real world could not tell who wrote it
        tally.exercised += 1
        claimant, claimed = text(owner(change)), text(owner(row.changes[at - 1]))
        if claimant and claimant != claimed:
            holders[claimant] = change.process
        writes.append(_owned(change, row, at, owner, holders, holder))
    return writes


def _owned(
    change: Change, row: EventRow, at: int, owner: Read, holders: dict[str, str], holder: tuple[str, int]
) -> OwnedWrite:
    """Find the owner of the row: the process that sent it, else its claimant, else the holder of the lock."""
    before = row.changes[at - 1]
    if row.states[at - 1] == SENT and row.states[at] == SENT:
        return OwnedWrite(change.at, change.process, before.process, before.at, row.of)
    claim = text(owner(before))
    if claim and (claim == text(owner(change)) or row.states[at] in (SENT, DEAD)):
        return OwnedWrite(change.at, change.process, holders.get(claim, change.process), before.at, row.of)
    return OwnedWrite(change.at, change.process, *holder, row.of)
