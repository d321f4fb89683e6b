"""ID-3: only the current owner completes or deletes its record."""

from __future__ import annotations

from shaketable_patterns.idempotency.keys import is_retained
from shaketable_patterns.order_facts import Change, OrderFacts, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge each later change of a key's record, unless the record was deleted before."""
    lease_ms = int(tally.profile.knobs.get("key_lease_ms", 0))
    for change in facts.tables["idempotency"]:
        before = change.before
        if before is None or before.verb == "delete":
            continue
        tally.exercised += 1
        if before.status == "DONE":
            age_ms = facts.events[change.at].time_ms - facts.events[before.at].time_ms
            if change.status == "DELETED" and not is_retained(tally.profile, age_ms):
                continue
            tally.breach(
                "done-record-changed",
                f"the record of key {change.row.get('key')} was done and became {change.status}",
                before.at,
                change.at,
            )
        else:
            _owner(before, change, lease_ms, tally)


def _owner(before: Change, change: Change, lease_ms: int, tally: Tally) -> None:
    """Find a record that changed hands before its lease was over, by the wall clock that wrote both leases."""
    owner = before.row.get("owner")
    if not owner or owner == change.row.get("owner"):
        return
    gained_ms = (change.row.get("expires_ms") or 0) - (before.row.get("expires_ms") or 0)
    if change.status != "RUNNING" or gained_ms < lease_ms:
        tally.breach(
            "stolen-record",
            f"the record of key {change.row.get('key')} went from {owner} to {change.row.get('owner')} "
            f"as {change.status}, {gained_ms} ms after it was taken; the lease is {lease_ms} ms",
            before.at,
            change.at,
        )
