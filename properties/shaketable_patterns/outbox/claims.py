"""OB-4: sent is terminal, and only the current owner of a claim writes its event row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shaketable_patterns.order_facts import Change, OrderFacts, Tally

_NO_HOLDER = ("", -1)


class OwnedWrite(NamedTuple):
    """`writer` changed at `at` a row that `owner` had held since `since` ("" and -1: it had no owner)."""

    at: int
    writer: str
    owner: str
    since: int


def unfenced(writes: Iterable[OwnedWrite]) -> Iterator[OwnedWrite]:
    """Yield the writes by a writer that was not, or no longer, the owner."""
    return (w for w in writes if w.owner and w.owner != w.writer)


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge each later change of an event row by its previous state, its claim, and the relays' shared lock."""
    writes: list[OwnedWrite] = []
    locks = iter(facts.tables["relay_lock"])
    lock = next(locks, None)
    held: dict[str, tuple[str, int]] = {}
    holders: dict[object, str] = {}
    for change in facts.tables["outbox"]:
        while lock is not None and lock.at <= change.at:
            taken = lock.verb != "delete" and lock.row.get("owner")
            held[lock.db] = (lock.process, lock.at) if taken else _NO_HOLDER
            lock = next(locks, None)
        before = change.before
        owner = change.row.get("owner")
        if before is None or change.verb == "insert" or _is_unclaimed(before, change):
            continue
        tally.exercised += 1
        if owner and owner != before.row.get("owner"):
            holders[owner] = change.process
        _regress(change, before, tally)
        writes.append(_owned(change, before, holders, held.get(change.db, _NO_HOLDER)))
    for write in unfenced(writes):
        tally.breach(
            "unfenced-claim",
            f"{write.writer} wrote an event row that was {write.owner}'s by then",
            write.since,
            write.at,
        )


def _is_unclaimed(before: Change, change: Change) -> bool:
    """Tell whether no claim is left: a finished row is swept away, or an operator takes up a dead one again."""
    if change.status == "DELETED":
        return before.status in ("SENT", "DEAD")
    return before.status == "DEAD"


def _regress(change: Change, before: Change, tally: Tally) -> None:
    if before.status == "SENT" and change.status not in ("SENT", "DELETED"):
        tally.breach("sent-regressed", f"a SENT event row became {change.status}", before.at, change.at)


def _owned(change: Change, before: Change, holders: dict[object, str], holder: tuple[str, int]) -> OwnedWrite:
    """Return the write with the row's owner: its sender if it is sent, else its claimant, else the lock's holder."""
    if before.status == "SENT" and change.status == "SENT":
        return OwnedWrite(change.at, change.process, before.process, before.at)
    claim = before.row.get("owner")
    if claim and claim == change.row.get("owner"):
        return OwnedWrite(change.at, change.process, holders.get(claim, change.process), before.at)
    if claim and change.status in ("SENT", "DEAD"):
        return OwnedWrite(change.at, change.process, holders.get(claim, change.process), before.at)
    return OwnedWrite(change.at, change.process, *holder)
