"""Values of roles that a calm run never fills in: a clause that reads one would judge nothing and pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from shaketable.mapping.consumers import ConsumerFacts
from shaketable.mapping.happenings import happenings
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.mapping import Mapping as RoleMapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.roles import Effect
from shaketable.mapping.value_paths import Part, Source, compiled, text
from shaketable_patterns.idempotency.facts import KeyFacts
from shaketable_patterns.outbox.facts import OutboxFacts
from shaketable_patterns.saga.roles import Saga


def of_outbox(facts: OutboxFacts, name: str) -> Iterator[str]:
    """Yield a sentence for each value that no event row or no record has, and for what only one of the two has."""
    role, rows = facts.role, [row.inserted for row in facts.rows.values()]
    yield from unfilled(
        name,
        "event rows",
        rows,
        {field: getattr(role, field) for field in ("id", "of", "type", "topic", "source", "payload")},
    )
    if role.sequence and rows and all(type(row.sequence) is not int for row in facts.rows.values()):
        yield f"{name}.sequence: {role.sequence} is a whole number in none of the {len(rows)} event rows of a calm run"
    records = [record.record for record in facts.records]
    if role.record is not None:
        fields = {f"record.{field}": getattr(role.record, field) for field in ("id", "of", "type", "source")}
        yield from unfilled(name, "records", records, fields)
    if rows and records:
        yield from one_sided(f"{name}.same", role.same, ("event rows", rows), ("records", records))
    changes = [change for row in facts.rows.values() for change in row.changes]
    if role.claim is not None:
        yield from unfilled(name, "changes of event rows", changes, {"claim.owner": role.claim.owner})
    if role.lock is not None and role.lock.rows is not None:
        held = facts.index.changes_of(role.lock.rows.database, role.lock.rows.table)
        if rows and not any(text(compiled(role.lock.owner)(change)) for change in held):
            yield f"{name}.lock: a calm run gave it to no owner ({role.lock.rows.table}, {role.lock.owner})"


def of_keyed(facts: KeyFacts, name: str) -> Iterator[str]:
    """Yield a sentence for each value and each state that no record of a store has."""
    role = facts.role
    if not facts.changes:
        return
    states = {facts.reads.state(change) for change in facts.changes}
    for field, condition in (("running", role.running), ("done", role.done)):
        if condition and field not in states:
            yield f"{name}.{field}: no record was so in a calm run"
    changes = list(facts.changes)
    fields = {field: getattr(role, field) for field in ("key", "owner", "until", "outcome")}
    yield from unfilled(name, "changes of records", changes, fields)


def of_consumer(facts: ConsumerFacts, name: str) -> Iterator[str]:
    """Yield a sentence for each value that no record has which the group was given, or no mark."""
    takes, records = facts.consumer.takes, [given.record for given in facts.given]
    fields = {f"takes.{field}": getattr(takes, field) for field in ("id", "of", "type")}
    yield from unfilled(name, "records that the group was given", records, fields)
    if facts.consumer.mark is not None:
        marks = list(facts.marks.values())
        yield from unfilled(name, "marks", marks, {"mark.of": facts.consumer.mark.of})
        if marks and not any(facts.recorded(given.id) for given in facts.given):
            yield (
                f"{name}.mark.of or .takes.id: no mark has the id of a record that the group was given; marks: "
                f"{_some(list(facts.marks))}, records: {_some([given.id for given in facts.given])}"
            )


def of_saga(role: Saga, index: HistoryIndex, name: str) -> Iterator[str]:
    """Yield a sentence for each value that no instance, no effect of a step and no quantity has."""
    instances = sources_of(role.instance, index)
    yield from unfilled(
        name, "instances", instances, {"status": role.status, "instance.of": role.instance.of}
    )
    for step in role.steps:
        place = f"{name}.steps, {step.name}"
        yield from unfilled(place, "instances", instances, {"amount": step.amount})
        for field, effect in (("do", step.do), ("undo", step.undo)):
            if effect is not None:
                yield from _of_effect(f"{place}.{field}", effect, index)
        done = sources_of(step.do, index)
        if done and instances:
            yield from one_sided(f"{place}.same", step.same, ("effects", done), ("instances", instances))
    for one in role.conserved:
        table = (one.rows.database, one.rows.table)
        rows = [*index.initial.get(table, ()), *index.changes_of(*table)]
        if not rows:
            yield f"{name}.conserved, {one.rows.table}: it had no row in a calm run"
        fields = {"of": one.of, "held": one.held, **{f"parts, {path}": path for path in one.parts}}
        yield from unfilled(f"{name}.conserved, {one.rows.table}", "rows", rows, fields)
    for tells in role.tells:
        told = sources_of(tells.effect, index)
        if instances and not told:
            yield f"{name}.tells.effect: it never happened in a calm run"
        yield from unfilled(
            name, "effects that tell", told, {"tells.says": tells.says, "tells.event": tells.event}
        )


def of_ops(mapping: RoleMapping, index: HistoryIndex) -> Iterator[str]:
    """Yield a sentence for each value that no op of a calm run has, nor its answer."""
    for role in mapping.of(OpRole):
        sources = [Part(field=op.invoked.value, answer=op.result) for op in index.ops(role.op)]
        fields = {"of": role.of, "key": role.key, **{f"payload, {path}": path for path in role.payload}}
        yield from unfilled(f"op {role.op}", "ops", sources, fields)


def _of_effect(name: str, effect: Effect, index: HistoryIndex) -> Iterator[str]:
    sources = sources_of(effect, index)
    yield from unfilled(name, "effects", sources, {"of": effect.of, "amount": effect.amount})


def sources_of(effect: Effect, index: HistoryIndex) -> list[Source]:
    """List what an effect is read from, each time that it happened; its amount is not read, and so may be missing."""
    return [happening.what for happening in happenings(msgspec.structs.replace(effect, amount=""), index)]


def unfilled(name: str, what: str, sources: Sequence[Source], fields: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each of `fields` (name to value path) that reads nothing in all of `sources`."""
    for field, path in fields.items():
        if path and sources and not any(text(compiled(path)(source)) for source in sources):
            yield f"{name}.{field}: {path} is in none of the {len(sources)} {what} of a calm run"


Side = tuple[str, Sequence[Source]]
"""What something is called, and the sources that its values are read from."""


def one_sided(name: str, same: Mapping[str, str], left: Side, right: Side) -> Iterator[str]:
    """Yield a sentence for each pair of paths of which one is filled in and the other never: they cannot be the same."""
    for paths in same.items():
        filled = [
            any(map(_reads(path), sources)) for path, (_, sources) in zip(paths, (left, right), strict=True)
        ]
        if filled[0] != filled[1]:
            missing = filled.index(False)
            what, sources = (left, right)[missing]
            yield f"{name}: {paths[missing]} is in none of the {len(sources)} {what} of a calm run"


def _reads(path: str) -> Callable[[Source], bool]:
    read = compiled(path)
    return lambda source: read(source) is not None


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:3]) or "none"
