"""Reads a description strictly, and checks before anything is started that every name in it is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from shaketable.descriptions.choices import with_choices
from shaketable.descriptions.description import (
    CLIENT,
    DatabaseText,
    Description,
    LinkText,
    ObserveText,
    OpText,
    PartText,
)
from shaketable.descriptions.placeholders import SESSION_TIMEOUT, names_for, placeholders
from shaketable.descriptions.table_name import name_of, place_of
from shaketable.descriptions.template import fields_of
from shaketable.descriptions.variant import Variant, is_variant, variant_of
from shaketable.errors import FileFormatError, UsageError
from shaketable.history import Json
from shaketable.mapping.value_paths import check

SUFFIXES = (".toml", ".json")
HTTP = "http"
"""The protocol of parts and partners."""
_SIZE_MAX_BYTES = 1024 * 1024
_PARTS_MAX = 16
_DEEP = re.compile(rb"""(?<![\w.-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){%d}""" % _PARTS_MAX)
"""A dotted key that no description needs. The reader of TOML takes the square of its length in time, and more in memory."""
T = TypeVar("T")
_DECODERS = (msgspec.toml.decode, msgspec.json.decode)


def is_description(spec: str) -> bool:
    """Tell whether a subject, as the user typed it, is the name of a description file."""
    return spec.endswith(SUFFIXES)


Servers = Mapping[str, str]
"""The servers that the real worlds can start, by name, with the protocol that each speaks."""


def read(path: Path, servers: Servers) -> tuple[Description, bytes]:
    """Return the description in `path` and its bytes; those of a variant come after those of the file that it is like.

    Raises FileFormatError, which names the first problem.
    """
    data = _bytes(path)
    toml = path.suffix != ".json"
    if not is_variant(_decoded(data, str(path), Json, toml=toml)):
        return parse(data, str(path), servers, toml=toml), data
    variant = _decoded(data, str(path), Variant, toml=toml)
    try:
        like = path.with_name(variant.like)
    except ValueError:
        raise FileFormatError(f"{path}: like: {variant.like!r} is no name of a file beside it") from None
    base = _bytes(like)
    described = parse(base, str(like), servers, toml=like.suffix != ".json")
    found = variant_of(described, variant, str(path))
    for problem in _problems(found, servers):
        raise FileFormatError(f"{path}: {problem}")
    return found, base + data


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileFormatError(f"{path} is no file")
        if path.stat().st_size > _SIZE_MAX_BYTES:
            raise FileFormatError(f"{path} is too long for a description")
        return path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror}") from None


def parse(data: bytes, source: str, servers: Servers, *, toml: bool = True) -> Description:
    """Read and check a description; see `read`."""
    found = _decoded(data, source, Description, toml=toml)
    for problem in _problems(found, servers):
        raise FileFormatError(f"{source}: {problem}")
    return found


def _decoded(data: bytes, source: str, wanted: type[T], *, toml: bool) -> T:
    """Decode TOML or JSON strictly. Raises FileFormatError for whatever bytes these are."""
    if toml and (deep := _DEEP.search(data)):
        line = data.count(b"\n", 0, deep.start()) + 1
        raise FileFormatError(
            f"{source} is no shaketable description: line {line} has a key of more than {_PARTS_MAX} parts"
        )
    try:
        return _DECODERS[not toml](data, type=wanted)
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        said = with_choices(str(error), wanted)
        raise FileFormatError(f"{source} is no shaketable description: {said}") from None


def _problems(found: Description, servers: Servers) -> Iterator[str]:
    parts = [part.name for part in found.parts]
    databases = [database.name for database in found.databases]
    partners = [partner.name for partner in found.partners]
    migrations = [f"migrate-{database.name}" for database in found.databases if database.migrate]
    replicas = [name for part in found.parts if part.replicas > 1 for name in part.processes]
    parties = [*parts, *replicas, *partners, *servers, CLIENT]
    yield from _repeated("part", [*parties, *migrations])
    yield from _of_version(found)
    for part in found.parts:
        if part.role in parties and part.role != part.name:
            yield f"part {part.name}: its role {part.role!r} is the name of a party"
        elif part.role and part.replicas > 1:
            yield f"part {part.name}: with replicas its role is its name, so say no role"
    yield from _repeated("database", databases)
    for database in found.databases:
        yield from _of_database(database)
    yield from _repeated("op", [op.name for op in found.ops])
    yield from _repeated("observation", [one.name for one in found.observe])
    for link in found.links:
        yield from _of_link(link, parts, partners, databases, servers)
    for part in found.parts:
        yield from _of_part(part, found)
    for op in found.ops:
        yield from _of_op(op, found)
    for one in found.observe:
        yield from _of_observation(one, found)
    carried = {name for op in found.ops for name in op.fields}
    for name in found.id_fields:
        if name not in carried:
            yield f"id_fields names {name!r}, which no op has"
    silence_ms = max(found.times.io_timeout_ms, found.times.session_timeout_ms)
    if found.times.quiet_ms <= silence_ms:
        yield (
            f"times: quiet_ms is {found.times.quiet_ms}, but while an answer or a group's member is waited for nothing "
            f"moves for {silence_ms} ms: a run would be judged before its work is done"
        )


def _of_version(found: Description) -> Iterator[str]:
    if found.version == 1:
        for name in ("partners", "roles", "names", "knobs", "requires"):
            if getattr(found, name):
                yield f"{name} belongs to version 2; this file says version = 1"
    for partner in found.partners:
        for route in partner.routes:
            honoured = [route.honours] if route.honours else []
            for path in (*route.keeps.values(), *route.declines, *route.falters, *honoured):
                problem = check(path)
                if problem:
                    yield f"partner {partner.name}, route {route.name}: {problem}"


def _of_link(
    link: LinkText, parts: list[str], partners: list[str], databases: list[str], servers: Servers
) -> Iterator[str]:
    where = f"link {link.sender} to {link.receiver}"
    if link.sender not in (*parts, CLIENT):
        yield f"{where}: there is no part {link.sender!r}"
    if link.protocol not in (HTTP, *servers.values()):
        yield (
            f"{where}: no server speaks {link.protocol!r}; protocols are {', '.join((HTTP, *servers.values()))}, a third "
            "party over HTTP can be a partner, and docs/adding-a-server.md adds a server of another protocol"
        )
    elif link.receiver not in (*parts, *partners, *servers):
        yield f"{where}: {link.receiver!r} is neither a part nor a partner nor a server (these are {_spoken(servers)})"
    spoken = servers.get(link.receiver, HTTP)
    if link.protocol != spoken:
        yield f"{where}: {link.receiver} speaks {spoken}, not {link.protocol}"
    if spoken == "postgresql" and link.database not in databases:
        yield f"{where}: there is no database {link.database!r}"


def _spoken(servers: Servers) -> str:
    return ", ".join(
        name if name == protocol else f"{name} for {protocol}" for name, protocol in servers.items()
    )


def _of_part(part: PartText, found: Description) -> Iterator[str]:
    where = f"part {part.name}"
    if not part.image and not part.command:
        yield f"{where} says neither an image nor a command"
    linked = [link.receiver for link in found.links if link.sender == part.name]
    if linked.count("postgres") > 1:
        yield f"{where} has more than one link to postgres"
    if part.ready.startswith("group:") and not any(
        link.protocol == "kafka" for link in found.links if link.sender == part.name
    ):
        yield f"{where}: ready = {part.ready!r} needs a link to kafka, which knows the group"
    known = {
        "http_host",
        "http_port",
        SESSION_TIMEOUT,
        *(name for party in linked for name in names_for(party)),
    }
    yield from _of_env(where, part.env, known)


def _of_env(where: str, env: Mapping[str, str], known: set[str]) -> Iterator[str]:
    for name, value in env.items():
        try:
            asked = placeholders(value)
        except UsageError as error:
            yield f"{where}, {name}: {error}"
            continue
        for placeholder in asked:
            if placeholder not in known:
                yield f"{where}, {name}: {{{placeholder}}} is none of {', '.join(sorted(known))}"


def _of_database(database: DatabaseText) -> Iterator[str]:
    where = f"database {database.name}"
    if database.migrate is not None:
        if not database.migrate.image and not database.migrate.command:
            yield f"{where}: migrate says neither an image nor a command"
        yield from _of_env(f"{where}, migrate", database.migrate.env, set(names_for("postgres")))
    elif not database.ddl:
        yield f"{where} says neither ddl nor migrate: nothing makes its tables"
    places: list[Json] = []
    for table in database.tables:
        try:
            schema, name = place_of(table.name)
        except UsageError as error:
            yield f"{where}: {error}"
            continue
        places.append(name_of(schema, name))
    yield from _repeated(f"table in {where}:", places)


def _of_op(op: OpText, found: Description) -> Iterator[str]:
    where = f"op {op.name}"
    if not any(link.sender == CLIENT and link.receiver == op.to for link in found.links):
        yield f"{where}: there is no link from {CLIENT} to {op.to!r}"
    for field, text in op.fields.items():
        if [bool(text.id), bool(text.kind), bool(text.one_of), bool(text.op)].count(True) != 1:
            yield f"{where}: field {field} says either id or one_of (or is, or from)"
        elif bool(text.op) != bool(text.answer):
            yield f"{where}: field {field} says both from (an op) and answer (a place such as body.id), or neither"
        elif text.op and text.op not in _ops_before(op, found):
            yield f"{where}: field {field} is from the answer to {text.op!r}, and no op of that name is declared before it"
        elif text.op and field in found.id_fields:
            yield f"id_fields names {field!r}, which an answer gives: the service made it, and it stays as it is"
    for field in fields_of((op.path, op.headers, op.body)):
        if field not in op.fields:
            yield f"{where}: there is no field {field!r}"
    for status in op.ok:
        if status in op.fail:
            yield f"{where}: status {status} means ok or fail, not both"
    if op.leaves is not None:
        yield from _of_table(where, op.leaves.database, op.leaves.table, found)
        if op.leaves.field not in op.fields and not op.leaves.field.startswith("answer.body."):
            yield f"{where}: there is no field {op.leaves.field!r}"


def _ops_before(op: OpText, found: Description) -> list[str]:
    names = [one.name for one in found.ops]
    return names[: names.index(op.name)]


def _of_observation(one: ObserveText, found: Description) -> Iterator[str]:
    where = f"observation {one.name}"
    yield from _of_table(where, one.database, one.table, found)
    if one.topic not in [topic.name for topic in found.topics]:
        yield f"{where}: there is no topic {one.topic!r}"
    for name in one.same.values():
        problem = check(f"body.{name}") if ":" in name else ""
        if problem:
            yield f"{where}, same: {problem}"


def _of_table(where: str, database: str, table: str, found: Description) -> Iterator[str]:
    tables = {(d.name, t.name) for d in found.databases for t in d.tables}
    if (database, table) not in tables:
        yield f"{where}: database {database!r} has no table {table!r}"


def _repeated(what: str, names: Iterable[Json]) -> Iterator[str]:
    seen: list[Json] = []
    for name in names:
        if name in seen:
            yield f"there are two of {what} {name!r}"
        seen.append(name)
