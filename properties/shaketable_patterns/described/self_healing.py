"""The roles of a self-healing queue and cache against a run in which nothing fails: a role without a single fact would pass on nothing."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.self_healing.facts import SelfHealingFacts, rows_of
from shaketable_patterns.self_healing.roles import Listing, Standing
from shaketable_patterns.self_healing.store import changes_of_store


def misplayed(facts: SelfHealingFacts) -> Iterator[str]:
    """Yield a sentence for each part of a queue or a cache that a calm run never shows."""
    store = "redis" if facts.queue is None else facts.queue.store
    changes = changes_of_store(facts.index, store)
    if facts.queue is not None:
        entries = [entry for known in facts.entries().values() for entry in known]
        if not entries:
            yield f"queue.active: no row of {facts.queue.rows.table} waits in a calm run"
        added = {
            (one.key, str(one.value[0]))
            for one in changes
            if one.op == "ZADD" and isinstance(one.value, list)
        }
        if entries and not added & {(one.key, one.member) for one in entries}:
            wanted = entries[0]
            yield (
                f"queue.key or .member: no entry came into its sorted set in a calm run; {wanted.of} is {wanted.member!r} "
                f"of {wanted.key!r}, added were {', '.join(f'{m!r} of {k!r}' for k, m in sorted(added)[:3]) or 'none'}"
            )
    for copy in facts.copies:
        read_key = compiled(copy.key)
        keys = {text(read_key(row)) for row in rows_of(copy.rows, facts.index)}
        if not keys & {one.key for one in changes if one.op == "SET"}:
            yield f"copy.key: no copy of a row of {copy.rows.table} was filled in in a calm run"
    asking: list[Listing | Standing] = [*facts.listings, *facts.standings]
    for role in asking:
        if not any(one.said is not None for one in facts.asked(role.op, "", role.says)):
            yield f"{role.op}: no answer has anything at {role.says} in a calm run"
