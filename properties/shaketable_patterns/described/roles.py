"""The roles of a description file, read strictly: every table names its `role`, and every name in it is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

import msgspec

from shaketable.descriptions.choices import with_choices
from shaketable.descriptions.description import Description
from shaketable.errors import FileFormatError, UsageError
from shaketable.history import Json
from shaketable.mapping.mapping import Mapping as RoleMapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.roles import Call, Record, Role, Rows, Value
from shaketable.mapping.rules_under_mapping import Rules
from shaketable.mapping.value_paths import check
from shaketable_patterns.dead_letters.clauses import DEAD_LETTER_RULES
from shaketable_patterns.dead_letters.roles import DeadLetters
from shaketable_patterns.described.gateway import unknown_processes
from shaketable_patterns.described.roles_together import disagreements
from shaketable_patterns.described.self_healing import unknown_parts
from shaketable_patterns.eventual_consistency.clauses import COPIES_RULES
from shaketable_patterns.eventual_consistency.roles import Reading, Replica, Writing
from shaketable_patterns.gateway.clauses import GATEWAY_RULES
from shaketable_patterns.gateway.roles import Demand, Forwarded, Gateway, Membership, Upstream
from shaketable_patterns.guarded_calls.clauses import CALLS_RULES
from shaketable_patterns.guarded_calls.roles import Deferred, Elsewhere, Guarded
from shaketable_patterns.idempotency.clauses import IDEMPOTENCY_RULES
from shaketable_patterns.idempotency.roles import IdempotentConsumers, Keyed
from shaketable_patterns.lock.guarded_rows import GUARDED_RULES
from shaketable_patterns.lock.roles import GuardedRows
from shaketable_patterns.outbox.clauses import OUTBOX_RULES
from shaketable_patterns.outbox.roles import Outbox
from shaketable_patterns.projection.clauses import PROJECTION_RULES
from shaketable_patterns.projection.roles import (
    Poison,
    Position,
    Projection,
    Question,
    Rebuild,
    Total,
)
from shaketable_patterns.saga.clauses import SAGA_RULES
from shaketable_patterns.saga.roles import Driver, Saga
from shaketable_patterns.self_healing.clauses import SELF_HEALING_RULES
from shaketable_patterns.self_healing.roles import (
    Copy,
    Invalidation,
    Listing,
    Lookup,
    Queue,
    Seating,
    Standing,
)
from shaketable_patterns.two_phase_commit.clauses import TWO_PHASE_RULES
from shaketable_patterns.two_phase_commit.roles import Branch, Decision

ReadModel = Projection | Total | Question | Position | Rebuild | Poison
SelfHealing = Queue | Listing | Standing | Seating | Copy | Lookup | Invalidation
Replicas = Replica | Writing | Reading
TwoPhase = Branch | Decision
CallsOutside = Guarded | Elsewhere | Deferred
ThroughAGateway = Gateway | Upstream | Demand | Forwarded | Membership
AnyRole = (
    Saga
    | Outbox
    | Keyed
    | IdempotentConsumers
    | DeadLetters
    | GuardedRows
    | ReadModel
    | SelfHealing
    | TwoPhase
    | Replicas
    | CallsOutside
    | ThroughAGateway
    | OpRole
)
RULES: tuple[tuple[tuple[type[Role], ...], Rules[Any]], ...] = (
    ((Saga,), SAGA_RULES),
    ((Outbox,), OUTBOX_RULES),
    ((Keyed, IdempotentConsumers), IDEMPOTENCY_RULES),
    ((DeadLetters,), DEAD_LETTER_RULES),
    ((Projection, Total), PROJECTION_RULES),
    ((GuardedRows,), GUARDED_RULES),
    ((Queue, Copy), SELF_HEALING_RULES),
    ((Branch,), TWO_PHASE_RULES),
    ((Replica,), COPIES_RULES),
    ((Guarded, Deferred), CALLS_RULES),
    ((Demand,), GATEWAY_RULES),
)
"""The rules that a role brings with it."""
_OF_OPS = (
    *(OpRole, Question, Rebuild, Listing, Standing, Seating, Lookup, Invalidation, Writing, Reading),
    *(Guarded, Deferred, Demand, Membership),
)


def mapping_of(description: Description, source: str) -> RoleMapping:
    """Return the mapping that a description declares. FileFormatError names the first thing that is wrong with it."""
    try:
        named = _named(description.roles, description.names)
        roles = msgspec.convert(_keyed(named, description), type=tuple[AnyRole, ...])
    except (msgspec.ValidationError, UsageError) as error:
        said = with_choices(str(error), tuple[AnyRole, ...])
        raise FileFormatError(f"{source}: roles: {said}") from None
    for number, role in enumerate(roles):
        for problem in _problems(role, description):
            named = f" ({role.name})" if role.name else ""
            raise FileFormatError(f"{source}: roles[{number}]{named}: {problem}")
    if sum(isinstance(role, Queue) for role in roles) > 1:
        raise FileFormatError(
            f"{source}: roles: there are two queues, and one is judged: say by `place` in which of several a row waits"
        )
    mapping = RoleMapping(roles, frozenset(description.knobs), description.knobs)
    processes = [process for part in description.parts for process in part.processes]
    for problem in disagreements(mapping, processes):
        raise FileFormatError(f"{source}: roles: {problem}")
    return mapping


def rules_of(mapping: RoleMapping) -> tuple[Rules[Any], ...]:
    """Return the rules of every pattern of which some role is played."""
    return tuple(rules for kinds, rules in RULES if any(mapping.of(kind) for kind in kinds))


def _named(roles: Json, names: Mapping[str, Json]) -> Json:
    """Return `roles` with what the names stand for. A name may use the names before it, so there is no circle."""
    known: dict[str, Json] = {}
    for name, value in names.items():
        known[name] = _filled(value, known)
    for name in names:
        if f'"${name}"' not in msgspec.json.encode([roles, names]).decode():
            raise UsageError(
                f"names.{name} is used nowhere: a role or a later name says it as {'$' + name!r}"
            )
    return _filled(roles, known)


def _filled(value: Json, known: Mapping[str, Json]) -> Json:
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in known:
            raise UsageError(
                f"{value!r} is no name, or one that is declared later; there are {', '.join(known) or 'none'}"
            )
        return known[value[1:]]
    if isinstance(value, dict):
        return {key: _filled(one, known) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(one, known) for one in value]
    return value


def _keyed(value: Any, description: Description) -> Any:
    """Return `value` with the key of its table in all rows that name none."""
    if isinstance(value, dict):
        found = {name: _keyed(one, description) for name, one in value.items()}
        for database in description.databases:  # compared, never looked up: a file may say anything here
            for table in database.tables:
                if (found.get("database"), found.get("table")) == (database.name, table.name):
                    found.setdefault("key", table.key)
        return found
    if isinstance(value, list | tuple):
        return [_keyed(one, description) for one in value]
    return value


def _problems(role: Role, description: Description) -> Iterator[str]:
    tables = {(database.name, table.name) for database in description.databases for table in database.tables}
    topics = {topic.name for topic in description.topics}
    partners = {(partner.name, route.name) for partner in description.partners for route in partner.routes}
    ops = {op.name: op for op in description.ops}
    processes = [process for part in description.parts for process in part.processes]
    if isinstance(role, _OF_OPS) and role.op not in ops:
        yield f"there is no op {role.op!r}"
    for where, part in _parts(role, type(role).__name__):
        if isinstance(part, Rows) and (part.database, part.table) not in tables:
            yield f"{where}: database {part.database!r} has no table {part.table!r}"
        if isinstance(part, Record):
            for topic in part.topics:
                if topic not in topics:
                    yield f"{where}: there is no topic {topic!r}"
        if isinstance(part, Driver):
            for process in part.processes:
                if process not in processes:
                    yield f"{where}: there is no process {process!r}; there are {', '.join(processes)}"
        if isinstance(part, Call) and (part.partner, part.route) not in partners:
            yield f"{where}: no partner {part.partner!r} has a route {part.route!r}"
    yield from unknown_parts(role, description)
    yield from unknown_processes(role, description)
    for where, path in _paths(role, ""):
        problem = check(path)
        if problem:
            yield f"{where}: {problem}"


def _parts(value: object, where: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        yield where, value
        for name in value.__struct_fields__:
            yield from _parts(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _parts(one, f"{where}[{number}]")


def _paths(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, msgspec.Struct):
        hints = get_type_hints(type(value), include_extras=True)
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            place = f"{where}.{name}" if where else name
            if hints[name] == Value:
                yield place, inner
            elif isinstance(inner, dict):
                yield from ((f"{place}.{path}", path) for path in inner if "." in str(path))
            else:
                yield from _paths(inner, place)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            if isinstance(one, msgspec.Struct):
                yield from _paths(one, f"{where}[{number}]")
