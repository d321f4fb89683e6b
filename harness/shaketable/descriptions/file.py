"""Reads a description strictly, and checks before anything is started that every name in it is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from shaketable.descriptions.description import (
    CLIENT,
    SERVERS,
    Description,
    LinkText,
    ObserveText,
    OpText,
    PartText,
)
from shaketable.descriptions.placeholders import SESSION_TIMEOUT, names_for, placeholders
from shaketable.descriptions.template import fields_of
from shaketable.errors import FileFormatError, UsageError
from shaketable.history import Json
from shaketable.mapping.values import check

SUFFIXES = (".toml", ".json")
_SIZE_MAX_BYTES = 1024 * 1024
_PARTS_MAX = 16
_DEEP = re.compile(rb"""(?<![\w.-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){%d}""" % _PARTS_MAX)
"""A dotted key that no description needs. The reader of TOML takes the square of its length in time, and more in memory."""


def is_description(spec: str) -> bool:
    """Tell whether a subject, as the user typed it, is the name of a description file."""
    return spec.endswith(SUFFIXES)


def read(path: Path) -> tuple[Description, bytes]:
    """Return the description in `path` and its bytes. Raises FileFormatError, which names the first problem."""
    try:
        if not path.is_file():
            raise FileFormatError(f"{path} is no file")
        if path.stat().st_size > _SIZE_MAX_BYTES:
            raise FileFormatError(f"{path} is too long for a description")
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror}") from None
    return parse(data, str(path), toml=path.suffix != ".json"), data


def parse(data: bytes, source: str, *, toml: bool = True) -> Description:
    """Read and check a description; see `read`."""
    if toml and (deep := _DEEP.search(data)):
        line = data.count(b"\n", 0, deep.start()) + 1
        raise FileFormatError(
            f"{source} is no shaketable description: line {line} has a key of more than {_PARTS_MAX} parts"
        )
    try:
        decode = msgspec.toml.decode if toml else msgspec.json.decode
        found = decode(data, type=Description)
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
        raise FileFormatError(f"{source} is no shaketable description: {error}") from None
    for problem in _problems(found):
        raise FileFormatError(f"{source}: {problem}")
    return found


def _problems(found: Description) -> Iterator[str]:
    parts = [part.name for part in found.parts]
    databases = [database.name for database in found.databases]
    partners = [partner.name for partner in found.partners]
    yield from _repeated("part", [*parts, *partners, *SERVERS, CLIENT])
    parties = [*parts, *partners, *SERVERS, CLIENT]
    yield from _of_version(found)
    for part in found.parts:
        if part.role in parties and part.role != part.name:
            yield f"part {part.name}: its role {part.role!r} is the name of a party"
    yield from _repeated("database", databases)
    yield from _repeated("op", [op.name for op in found.ops])
    yield from _repeated("observation", [one.name for one in found.observe])
    for link in found.links:
        yield from _of_link(link, parts, partners, databases)
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


def _of_link(link: LinkText, parts: list[str], partners: list[str], databases: list[str]) -> Iterator[str]:
    where = f"link {link.sender} to {link.receiver}"
    if link.sender not in (*parts, CLIENT):
        yield f"{where}: there is no part {link.sender!r}"
    if link.receiver not in (*parts, *partners, *SERVERS):
        yield (
            f"{where}: {link.receiver!r} is neither a part nor a partner nor one of {', '.join(SERVERS)} "
            "(other servers, such as MySQL or RabbitMQ, are not supported)"
        )
    spoken = SERVERS.get(link.receiver, "http")
    if link.protocol != spoken:
        yield f"{where}: {link.receiver} speaks {spoken}, not {link.protocol}"
    if spoken == "postgresql" and link.database not in databases:
        yield f"{where}: there is no database {link.database!r}"


def _of_part(part: PartText, found: Description) -> Iterator[str]:
    where = f"part {part.name}"
    if not part.image and not part.command:
        yield f"{where} says neither an image nor a command"
    linked = [link.receiver for link in found.links if link.sender == part.name]
    if linked.count("postgres") > 1:
        yield f"{where} has more than one link to postgres"
    known = {
        "http_host",
        "http_port",
        SESSION_TIMEOUT,
        *(name for party in linked for name in names_for(party)),
    }
    for name, value in part.env.items():
        try:
            asked = placeholders(value)
        except UsageError as error:
            yield f"{where}, {name}: {error}"
            continue
        for placeholder in asked:
            if placeholder not in known:
                yield f"{where}, {name}: {{{placeholder}}} is none of {', '.join(sorted(known))}"


def _of_op(op: OpText, found: Description) -> Iterator[str]:
    where = f"op {op.name}"
    if not any(link.sender == CLIENT and link.receiver == op.to for link in found.links):
        yield f"{where}: there is no link from {CLIENT} to {op.to!r}"
    for field, text in op.fields.items():
        if bool(text.id) == bool(text.one_of):
            yield f"{where}: field {field} says either id or one_of"
    for field in fields_of((op.path, op.headers, op.body)):
        if field not in op.fields:
            yield f"{where}: there is no field {field!r}"
    for status in op.ok:
        if status in op.fail:
            yield f"{where}: status {status} means ok or fail, not both"
    if op.leaves is not None:
        yield from _of_table(where, op.leaves.database, op.leaves.table, found)
        if op.leaves.field not in op.fields:
            yield f"{where}: there is no field {op.leaves.field!r}"


def _of_observation(one: ObserveText, found: Description) -> Iterator[str]:
    where = f"observation {one.name}"
    yield from _of_table(where, one.database, one.table, found)
    if one.topic not in [topic.name for topic in found.topics]:
        yield f"{where}: there is no topic {one.topic!r}"


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
