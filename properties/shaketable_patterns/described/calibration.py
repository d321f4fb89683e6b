"""What roles say against a run in which nothing fails: a role without a single fact would pass on nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shaketable.history import History
from shaketable.mapping.consumers import ConsumerFacts, read_consumers
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping, kind_of
from shaketable.mapping.roles import Role
from shaketable_patterns.dead_letters.roles import DeadLetters
from shaketable_patterns.described import read_model, self_healing, unfilled_values
from shaketable_patterns.idempotency.facts import WorkReader
from shaketable_patterns.idempotency.roles import IdempotentConsumers
from shaketable_patterns.outbox.facts import PENDING, OutboxesReader, OutboxFacts
from shaketable_patterns.projection.facts import ReadModelReader
from shaketable_patterns.saga.roles import Saga
from shaketable_patterns.self_healing.facts import SelfHealingReader


def misplayed(mapping: Mapping, history: History) -> list[str]:
    """Return a sentence for each field that a calm run contradicts or never fills; empty when the mapping fits."""
    indexing = Indexing(mapping.tables())
    index = indexing(history)
    found = list(unfilled_values.of_ops(mapping, index))
    for outbox in OutboxesReader(mapping, indexing)(history):
        found += [*_outbox(outbox), *unfilled_values.of_outbox(outbox, _named(outbox.role))]
    work = WorkReader(mapping, indexing)(history)
    for keys in work.keys:
        if not keys.by_key:
            found.append("keyed: no op carries a key (an `op` role with `key`)")
        if keys.role.executes and not keys.executions:
            found.append(f"{_named(keys.role)}.executes: a calm run made nothing of what it names")
        if keys.role.store and not keys.records:
            found.append(
                f"{_named(keys.role)}.store: a calm run wrote no record into {keys.role.store.table}"
            )
        shared = set(keys.by_key) & set(keys.records)
        if keys.by_key and keys.records and not shared:
            found.append(
                f"{_named(keys.role)}.key: no record has the key of a request; requests: "
                f"{_some(keys.by_key)}, records: {_some(keys.records)}"
            )
        found += unfilled_values.of_keyed(keys, _named(keys.role))
    for role, group in zip(mapping.of(IdempotentConsumers), work.groups, strict=True):
        found += _consumers(_named(role), group.consumers, index)
    for letters in mapping.of(DeadLetters):
        found += _consumers(_named(letters), read_consumers(letters.consumers, index), index)
    for saga in mapping.of(Saga):
        if not unfilled_values.sources_of(saga.instance, index):
            found.append(f"{_named(saga)}.instance: no instance began in a calm run")
        for step in saga.steps:
            if not unfilled_values.sources_of(step.do, index):
                found.append(f"{_named(saga)}.steps, {step.name}.do: it never happened in a calm run")
        found += _consumers(_named(saga), read_consumers(saga.consumers, index), index)
        found += unfilled_values.of_saga(saga, index, _named(saga))
    found += read_model.misplayed(ReadModelReader(mapping, indexing)(history))
    found += self_healing.misplayed(SelfHealingReader(mapping, indexing)(history))
    return found


def _outbox(facts: OutboxFacts) -> Iterator[str]:
    role, name = facts.role, _named(facts.role)
    if role.owes and not facts.owed:
        yield f"{name}.owes: no change that owes an event was committed in a calm run"
    if role.events is not None and not facts.rows:
        yield f"{name}.events: no row of {role.events.table} agrees with it in a calm run"
    if role.record is not None and not facts.records:
        topics = ", ".join(role.record.topics)
        there = sum(len(facts.index.by_topic.get(topic, ())) for topic in role.record.topics)
        yield f"{name}.record: none of the {there} records on {topics} agrees with it in a calm run"
    if facts.rows and facts.records and not any(record.key in facts.rows for record in facts.records):
        yield (
            f"{name}.record.id: no record has the id of a row; rows: "
            f"{_some([row.id or row.of for row in facts.rows.values()])}, records: "
            f"{_some([record.id or record.of for record in facts.records])}"
        )
    announced = {(one.type, one.of) for one in facts.owed}
    if facts.rows and announced and not any((row.type, row.of) in announced for row in facts.rows.values()):
        row = next(iter(facts.rows.values()))
        yield (
            f"{name}.of or .type: no row is about a change that owes an event; rows: {row.type!r} of {row.of!r}, "
            f"owed: {_some([f'{kind!r} of {of!r}' for kind, of in announced])}"
        )
    for row in facts.rows.values():
        if role.pending and row.states[0] != PENDING and role.sent != "log":
            yield f"{name}.pending: a new row of {facts.role.events.table if facts.role.events else ''} does not agree with it"
            break
    if role.sent and role.sent != "log" and facts.rows and facts.records:
        left = [row for row in facts.rows.values() if row.state in (PENDING, "")]
        if len(left) == len(facts.rows):
            yield f"{name}.sent: every row was published in a calm run, and none is sent"


def _consumers(name: str, consumers: list[ConsumerFacts], index: HistoryIndex) -> Iterator[str]:
    for number, facts in enumerate(consumers):
        consumer = facts.consumer
        if not facts.given:
            groups = sorted({delivery.group for delivery in index.deliveries})
            yield (
                f"{name}.consumers[{number}].takes: group {consumer.group!r} was given no such record in a calm run; groups "
                f"that were given any: {', '.join(groups) or 'none'}"
            )
        elif consumer.mark is not None and not facts.marks:
            mark = consumer.mark.rows
            yield (
                f"{name}.consumers[{number}].mark: {mark.table} of {mark.database} got no such row in a calm run, though group "
                f"{consumer.group!r} was given {len(facts.given)} records"
            )
        elif consumer.done and not any(facts.effective(given) for given in facts.given):
            yield f"{name}.consumers[{number}].done: nothing that it names was done for what the group was given"
        yield from unfilled_values.of_consumer(facts, f"{name}.consumers[{number}]")


def _named(role: Role) -> str:
    kind = kind_of(role)
    return f"{kind} {role.name}" if role.name else kind


def _some(values: Iterable[str]) -> str:
    shown = list(values)[:3]
    return ", ".join(shown) or "none"
