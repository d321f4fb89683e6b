"""ID-3: the life of a key's record."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.exact_readers import instants_ms
from shaketable.mapping.history_index import Change
from shaketable.mapping.value_paths import text
from shaketable_patterns.idempotency import retention
from shaketable_patterns.idempotency.facts import DELETED, DONE, RUNNING, KeyFacts, Work


def done_records_stay(work: Work, tally: Tally) -> None:
    """Judge that a record that is done never changes; it may be deleted once it was kept as long as the profile says.

    A request under its key that comes later is an opportunity too.
    """
    for facts in work.keys:
        for key, requests in facts.by_key.items():
            done = next((c.at for c in facts.records.get(key, ()) if facts.reads.state(c) == DONE), None)
            if done is not None:
                tally.exercised += sum(request.at > done for request in requests)
        for change in facts.changes:
            before = change.before
            if before is None or facts.reads.state(before) != DONE:
                continue
            tally.exercised += 1
            state = facts.reads.state(change)
            if state == DELETED and _retired(facts, before, change, tally):
                continue
            tally.breach(
                "done-record-changed",
                f"the record of key {facts.key(change)} was done and became {state or 'something else'}",
                before.at,
                change.at,
                about=(facts.key(change),),
            )


def _retired(facts: KeyFacts, done: Change, deleted: Change, tally: Tally) -> bool:
    return retention.is_over(tally.profile, facts.index.time_ms(done.at), facts.index.time_ms(deleted.at))


def records_change_hands_late(work: Work, tally: Tally) -> None:
    """Judge that a running record changes hands only when its lease is over, by the wall clock that wrote both leases."""
    lease_ms = int(tally.profile.knobs.get("key_lease_ms", 0))
    for facts in work.keys:
        owner, until_ms = facts.reads.owner, instants_ms(facts.role.until, "keyed.until")
        for change in facts.changes:
            before = change.before
            if before is None or facts.reads.state(before) in (DONE, DELETED):
                continue
            tally.exercised += 1
            had, has = text(owner(before)), text(owner(change))
            if not had or had == has:
                continue
            state = facts.reads.state(change)
            how = state or "something else"
            if state == RUNNING:  # a record that is done need not say until when it is held
                gained_ms = until_ms(change) - until_ms(before)
                how += f", {gained_ms} ms after it was taken; the lease is {lease_ms} ms"
            if state != RUNNING or gained_ms < lease_ms:
                tally.breach(
                    "stolen-record",
                    f"the record of key {facts.key(change)} went from {had} to {has} as {how}",
                    before.at,
                    change.at,
                    about=(facts.key(change),),
                )
