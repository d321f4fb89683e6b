"""The roles of a self-healing queue and cache against their description, and against a run in which nothing fails.

A role that names what is not there, or without a single fact, would pass on nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shaketable.descriptions.description import Description
from shaketable.mapping.conditions import holds
from shaketable.mapping.roles import Role
from shaketable.mapping.value_paths import Part, compiled, text
from shaketable_patterns.described.unfilled_values import one_sided, unfilled
from shaketable_patterns.self_healing.copies import States, read_copy
from shaketable_patterns.self_healing.facts import SelfHealingFacts, rows_of
from shaketable_patterns.self_healing.roles import FILLS, Copy, Invalidation, Listing, Queue, Standing
from shaketable_patterns.self_healing.store import changes_of_store

Knobs = Mapping[str, str | int | bool]


def unknown_parts(role: Role, description: Description) -> Iterator[str]:
    """Yield a sentence for each name in a queue that the description does not have."""
    if not isinstance(role, Queue):
        return
    stores = [link.receiver for link in description.links if link.protocol == "redis"]
    if role.store not in stores:
        yield f"store: no link of protocol redis goes to {role.store!r}; there are {', '.join(stores) or 'none'}"
    parts = [part.name for part in description.parts]
    if role.part and role.part not in parts:
        yield f"part: there is no part {role.part!r}; there are {', '.join(parts)}"


def misdeclared(knobs: Knobs) -> Iterator[str]:
    """Yield a sentence for each knob by which nothing can be judged. Those that count are whole numbers, none below 0."""
    if "fill" in knobs and knobs["fill"] not in FILLS:
        yield f"fill is {knobs['fill']!r}, and may be {', '.join(FILLS)}"
    if knobs.get("heal_ms") == 0:
        yield "heal_ms is 0, and must be the period in which a queue is healed"
    heal_ms, grace_ms, lag_ms = (knobs.get(name) for name in ("heal_ms", "grace_ms", "lag_ms"))
    if isinstance(heal_ms, int) and isinstance(grace_ms, int) and isinstance(lag_ms, int):
        healed_ms = heal_ms + grace_ms
        if lag_ms > healed_ms:
            yield f"lag_ms is {lag_ms}, but what lacks is healed within heal_ms + grace_ms = {healed_ms}"


def misplayed(facts: SelfHealingFacts) -> Iterator[str]:
    """Yield a sentence for each part of a queue or a cache that a calm run never shows."""
    if facts.queue is not None:
        yield from _of_queue(facts, facts.queue)
    for copy in facts.copies:
        yield from _of_copy(facts, copy)
    for lookup in facts.lookups:
        answers = [
            Part(field=one.op.invoked.value, answer=one.op.result)
            for one in facts.asked(lookup.op, lookup.of, "")
        ]
        name = f"lookup {lookup.op}"
        yield from unfilled(name, "answers", answers, {"of": lookup.of})
        rows = [row for copy in facts.copies[:1] for row in rows_of(copy.rows, facts.index)]
        if rows and answers:
            yield from one_sided(f"{name}.same", lookup.same, ("rows", rows), ("answers", answers))
    for one in facts.invalidations:
        yield from _of_invalidation(facts, one)
    asking: list[Listing | Standing] = [*facts.listings, *facts.standings]
    for role in asking:
        if not any(one.said is not None for one in facts.asked(role.op, "", role.says)):
            yield f"{role.op}: no answer has anything at {role.says} in a calm run"


def _of_queue(facts: SelfHealingFacts, queue: Queue) -> Iterator[str]:
    entries = [entry for known in facts.entries().values() for entry in known]
    if not entries:
        yield f"queue.active: no row of {queue.rows.table} waits in a calm run"
    added = {
        (one.key, str(one.value[0]))
        for one in changes_of_store(facts.index, facts.store)
        if one.op == "ZADD" and isinstance(one.value, list)
    }
    if entries and not added & {(one.key, one.member) for one in entries}:
        wanted = entries[0]
        yield (
            f"queue.key or .member: no entry came into its sorted set in a calm run; {wanted.of} is {wanted.member!r} "
            f"of {wanted.key!r}, added were {', '.join(f'{m!r} of {k!r}' for k, m in sorted(added)[:3]) or 'none'}"
        )


def _of_copy(facts: SelfHealingFacts, copy: Copy) -> Iterator[str]:
    read_key, rows = compiled(copy.key), list(rows_of(copy.rows, facts.index))
    keys = {text(read_key(row)) for row in rows}
    filled = [
        Part(body=read_copy(one.value))
        for one in changes_of_store(facts.index, facts.store)
        if one.op == "SET" and one.key in keys
    ]
    if not filled:
        yield f"copy.key: no copy of a row of {copy.rows.table} was filled in in a calm run"
    else:
        yield from one_sided("copy.same", copy.same, ("rows", rows), ("copies", filled))


def _of_invalidation(facts: SelfHealingFacts, role: Invalidation) -> Iterator[str]:
    """Yield what is wrong if rows changed and no answer promised that a copy is gone."""
    is_so = holds(role.where)
    changing = [
        is_so(Part(field=one.op.invoked.value, answer=one.op.result))
        for copy in facts.copies
        for states in [States(copy, facts)]
        for one in facts.asked(role.op, role.of, "")
        if states.first_within(one) >= 0
    ]
    if changing and not any(changing):
        yield (
            f"invalidation {role.op}.where: {len(changing)} answers came with a change in a calm run, "
            "and none promises that a copy is gone"
        )
