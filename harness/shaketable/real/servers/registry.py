"""The kinds of servers that there are: one line each."""

from __future__ import annotations

from collections.abc import Iterable

from shaketable.errors import UsageError
from shaketable.real.servers.kafka import KAFKA
from shaketable.real.servers.postgres import POSTGRES
from shaketable.real.servers.redis import REDIS
from shaketable.real.servers.server_kind import ServerKind
from shaketable.subject import Server

KINDS: dict[str, ServerKind] = {
    POSTGRES.protocol: POSTGRES,
    KAFKA.protocol: KAFKA,
    REDIS.protocol: REDIS,
}
"""By the protocol that clients speak with it."""


def register(kind: ServerKind) -> None:
    """Add a kind of server, or replace the one of its protocol. Call it before a world is opened."""
    KINDS[kind.protocol] = kind


def servers() -> dict[str, str]:
    """Return the servers that a description can name, each by its kind's name, with the protocol that it speaks."""
    return {kind.name: kind.protocol for kind in KINDS.values()}


def kind_of(protocol: str) -> ServerKind:
    """Return the kind that speaks `protocol`. Raises UsageError, which names those there are."""
    kind = KINDS.get(protocol)
    if kind is None:
        raise UsageError(f"no real world has a server that speaks {protocol!r}; there are {', '.join(KINDS)}")
    return kind


def cut_off_only(servers: Iterable[Server]) -> frozenset[str]:
    """Return the servers that would lose in a power cut what they acknowledged: their outages are made at the tap."""
    return frozenset(server.name for server in servers if not kind_of(server.protocol).keeps_its_state)
