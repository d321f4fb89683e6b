"""ID-3: the life of a key's record."""

from __future__ import annotations

from shaketable_patterns.order_facts import Change, OrderFacts, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Each later change of a record that was not deleted before."""
    lease_ms = int(tally.profile.knobs.get("key_lease_ms", 0))
    for change in facts.tables["idempotency"]:
        before = change.before
        if before is None or before.verb == "delete":
            continue
        tally.exercised += 1
        if before.status == "DONE":
            if change.status == "DELETED" and _retired(facts, before, change, tally):
                continue
            tally.breach(
                "done-record-changed",
                f"the record of key {change.row.get('key')} was done and became {change.status}",
                before.at,
                change.at,
                about=(change.row.get("key"),),
            )
        else:
            _owner(before, change, lease_ms, tally)


def _retired(facts: OrderFacts, done: Change, deleted: Change, tally: Tally) -> bool:
    """Whether the record was kept as long as the profile says, in milliseconds, that records are kept."""
    retention_ms = tally.profile.knobs.get("key_retention")
    age_ms = facts.events[deleted.at].time_ms - facts.events[done.at].time_ms
    return type(retention_ms) is int and age_ms >= retention_ms


def _owner(before: Change, change: Change, lease_ms: int, tally: Tally) -> None:
    """A record may change hands when its lease is over, by the wall clock that wrote both leases."""
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
            about=(change.row.get("key"),),
        )
