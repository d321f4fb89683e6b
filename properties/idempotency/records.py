"""ID-3: the life of a key's record."""

from __future__ import annotations

from properties.order_facts import Change, OrderFacts, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Each later change of a record. A lease that a stepped clock shortened is no theft."""
    stepped = any(fault.name == "clock_step" for fault in facts.faults)
    for change in facts.tables["idempotency"]:
        before = change.before
        if before is None or before.verb == "delete":
            continue
        tally.exercised += 1
        if before.status == "DONE":
            tally.breach(
                "done-record-changed",
                f"the record of key {change.row.get('key')} was done and became {change.status}",
                before.at,
                change.at,
            )
        elif not stepped:
            _owner(facts, before, change, tally)


def _owner(facts: OrderFacts, before: Change, change: Change, tally: Tally) -> None:
    owner, now_ms = before.row.get("owner"), facts.events[change.at].time_ms
    if not owner or owner == change.row.get("owner"):
        return
    if change.status != "RUNNING" or now_ms < (before.row.get("expires_ms") or 0):
        tally.breach(
            "stolen-record",
            f"the record of key {change.row.get('key')} went from {owner} to {change.row.get('owner')} "
            f"as {change.status}, within its lease or without taking it over first",
            before.at,
            change.at,
        )
