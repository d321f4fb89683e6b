"""Makes a system of a description: its parts run no code of the harness, and are driven and observed from outside."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from weakref import WeakKeyDictionary

from shaketable.descriptions.description import Description, MigrateText, OpText, PartText
from shaketable.descriptions.file import HTTP
from shaketable.descriptions.partner import partner_of
from shaketable.descriptions.template import filled, filled_path
from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.mapping.answer_reference import resolved
from shaketable.ports import ConnectionLost, Ports, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import (
    ClientPorts,
    Completion,
    DatabaseSpec,
    External,
    Migration,
    Part,
    Server,
    System,
    Table,
    Topic,
)

_ASKED_FOR = (HTTP, "postgresql", "kafka", "redis")
"""The protocols of parts, and of the servers that databases, topics and the cache ask for."""


@dataclass(frozen=True, slots=True)
class Ops:
    """Performs the declared ops: a `shaketable.subject.System.perform`. `description` is the file, for the digest."""

    ops: dict[str, OpText]
    description: bytes
    _answered: WeakKeyDictionary[ClientPorts, _Answered] = field(
        default_factory=WeakKeyDictionary, compare=False, repr=False
    )
    """What ops were answered in each run, which has ports of its own."""

    async def __call__(self, ports: ClientPorts, do: Do) -> Completion:
        """Send one request. A status that is declared neither ok nor fail leaves the op unknown, like a lost answer.

        Raises UsageError for an op that is not declared, or without a value for each of its fields.
        """
        op = self.ops.get(do.f)
        answered = self._answered.setdefault(ports, _Answered())
        number = answered.begin(do.f)
        if op is None:
            raise UsageError(f"there is no op {do.f!r}; there are {', '.join(self.ops)}")
        missing = sorted(set(op.fields) - set(do.value if isinstance(do.value, dict) else ()))
        if missing:
            raise UsageError(f"op {do.f} has no value for {', '.join(missing)}")
        value = resolved(do.value, answered.get)
        unanswered = [name for name, one in value.items() if one is None and do.value[name] is not None]
        if unanswered:
            return Completion("fail", {"error": f"no answer gave {', '.join(unanswered)}"})
        completion = await _send(op, ports, value)
        answered.end(do.f, number, completion.value)
        return completion


class _Answered:
    """The answers of one run, by op and by which of its name it was."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._answers: dict[tuple[str, int], Json] = {}

    def begin(self, op: str) -> int:
        self._counts[op] += 1
        return self._counts[op]

    def end(self, op: str, number: int, answer: Json) -> None:
        self._answers[op, number] = answer

    def get(self, op: str, number: int) -> Json:
        return self._answers.get((op, number))


async def _send(op: OpText, ports: ClientPorts, value: Mapping[str, Json]) -> Completion:
    path, headers = filled_path(op.path, value), filled(op.headers, value)
    headers = {name: str(text) for name, text in headers.items()}
    body = filled(op.body, value)
    try:
        answer = await ports.http.request(op.method, op.to, path, body, headers, timeout_ms=op.timeout_ms)
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})
    said = {"status": answer.status, "body": answer.body}
    if answer.status in op.ok:
        return Completion("ok", said)
    return Completion("fail" if answer.status in op.fail else "info", said)


def system_of(found: Description, source: bytes, folder: Path) -> System:
    """Return the system. Commands run in `folder`, where the description is: their relative paths start there."""
    return System(
        parts=tuple(_part(name, part, found, folder) for part in found.parts for name in part.processes),
        perform=Ops({op.name: op for op in found.ops}, source),
        databases=tuple(
            DatabaseSpec(database.name, tuple(Table(t.name, t.key, rows=t.rows) for t in database.tables))
            for database in found.databases
        ),
        topics=tuple(Topic(topic.name, topic.partitions, topic.expires) for topic in found.topics),
        externals=tuple(External(partner.name, partner_of(partner)) for partner in found.partners),
        polls=frozenset(found.polls),
        session_timeout_ms=found.times.session_timeout_ms,
        quiet_ms=found.times.quiet_ms,
        pause_ms=found.times.pause_ms,
        starts_anew=found.starts_anew,
        bound_ms=found.times.bound_ms,
        io_timeout_ms=found.times.io_timeout_ms,
        schema={database.name: database.ddl for database in found.databases},
        migrations=tuple(
            Migration(
                database.name,
                _migration(database.name, database.migrate, folder),
                within_ms=database.migrate.within_ms,
            )
            for database in found.databases
            if database.migrate is not None
        ),
        id_fields=frozenset(found.id_fields),
        uses_cache=any(link.protocol == "redis" for link in found.links),
        other_servers=_other_servers(found),
    )


def _other_servers(found: Description) -> tuple[Server, ...]:
    """Return the servers that neither databases nor topics nor a cache ask for."""
    others = {k.receiver: k.protocol for k in found.links if k.protocol not in _ASKED_FOR}
    return tuple(Server(name, protocol) for name, protocol in others.items())


def _migration(database: str, text: MigrateText, folder: Path) -> Part:
    name = f"migrate-{database}"
    command = _command(text.command, folder)
    return Part(
        name,
        _black_box(name),
        env=text.env,
        image=text.image,
        command=command,
        folder=str(folder),
        ready="none",
    )


def _black_box(name: str) -> Callable[[Ports], NoReturn]:
    def make(_: Ports) -> NoReturn:
        raise UsageError(f"{name} is a black box: the simulated world has no code of it to run")

    return make


def _part(name: str, text: PartText, found: Description, folder: Path) -> Part:
    database = next((k.database for k in found.links if k.sender == text.name and k.database), "")
    return Part(
        name,
        _black_box(name),
        database,
        env=text.env,
        image=text.image,
        command=_command(text.command, folder),
        folder=str(folder),
        role=text.role or text.name,
        ready=text.ready,
    )


def _command(command: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Make the program's path absolute if the program exists; the world that runs it reports one that does not.

    `{python}` is the Python that runs this.
    """
    if not command:
        return ()
    program = sys.executable if command[0] == "{python}" else command[0]
    if "/" in program:
        # Links are kept: the Python of a virtual environment finds its packages by the path of the link.
        return (os.path.abspath(folder / program), *command[1:])
    found = shutil.which(program) or program
    return (found, *command[1:])
