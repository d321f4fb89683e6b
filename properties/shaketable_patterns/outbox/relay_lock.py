"""OB-4: the lock that relays share is its holder's until it is given up or its lease is over."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.exact_readers import instants_ms
from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.roles import Claim, Rows
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.outbox.facts import Outboxes


def only_its_holder_gives_it_up(outboxes: Outboxes, tally: Tally) -> None:
    """Judge that no relay frees or takes a lock while another holds it and its lease is not over.

    The holder is the process that wrote the lock, whatever its column `owner` says.
    """
    lease_ms = int(tally.profile.knobs.get("lock_at_most_for_ms", 0))
    judged: set[str] = set()
    for facts in outboxes:
        lock, index = facts.role.lock, facts.index
        if lock is None or lock.rows is None or not lock.until or repr(lock) in judged:
            continue
        judged.add(repr(lock))
        if not index.faulted("clock_step"):  # a lease then ends when its clock says so
            _of_lock(lock, lock.rows, index, lease_ms, tally)


def _of_lock(lock: Claim, rows: Rows, index: HistoryIndex, lease_ms: int, tally: Tally) -> None:
    owner, read_until = compiled(lock.owner), compiled(lock.until)
    until_ms = instants_ms(lock.until, "outbox.lock.until")
    changes = [change for change in index.changes_of(rows.database, rows.table) if rows.has(change)]

    def is_held(change: Change) -> bool:
        return change.verb != "delete" and bool(text(owner(change))) and bool(read_until(change))

    # The wall clock that wrote the leases, at the least: a commit comes after its statement has read the clock.
    clock_ms = max(
        (until_ms(one) - lease_ms - index.time_ms(one.at) for one in changes if is_held(one)), default=0
    )
    for change in changes:
        before = change.before
        if before is None or before.commit < 0 or not is_held(before):
            continue
        if not change.process or not before.process or change.process == before.process:
            continue  # the holder's own, or a real world could not tell whose
        until = until_ms(before)
        taken = is_held(change) and text(owner(change)) != text(owner(before))
        if is_held(change) and not taken and until_ms(change) >= until:
            continue  # neither freed nor taken
        tally.exercised += 1
        now_ms = until_ms(change) - lease_ms if taken else clock_ms + index.time_ms(change.at)
        if now_ms < until:
            tally.breach(
                "stolen-lock",
                f"{change.process} {'took' if taken else 'freed'} the lock that was {before.process}'s for another "
                f"{until - now_ms} ms",
                before.at,
                change.at,
            )
