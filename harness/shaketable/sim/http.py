"""HTTP between simulated parties: a request starts a handler task in the receiving process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from shaketable.history import Json
from shaketable.ports import Response
from shaketable.sim.channel import Channel


class SimRequest(msgspec.Struct, frozen=True):
    """What a handler sees. Header names are kept as given."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True)
class SimResponse:
    """What the world itself answers (a handler that raised)."""

    status: int
    body: Json = None


Serve = Callable[[str, SimRequest], Response | asyncio.Future[Response]]
"""Give the request to a party by name: an answer, or the handler's task."""
Open = Callable[[str], Channel]


class SimHttp:
    """The http port of one incarnation."""

    __slots__ = ("_channels", "_open", "_polls", "_serve")

    def __init__(
        self, open_channel: Open, serve: Serve, polls: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        self._open = open_channel
        self._serve = serve
        self._polls = polls
        self._channels: dict[str, Channel] = {}

    async def request(
        self,
        method: str,
        service: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_ms: int = 2_000,
    ) -> Response:
        """One attempt; the world's timeout, connection_lost or refused error says how it ended otherwise."""
        channel = self._channels.get(service)
        if channel is None:
            channel = self._channels[service] = self._open(service)
        request = SimRequest(method, path, {} if headers is None else headers, body)
        return await channel.cross(
            method,
            path,
            lambda: self._serve(service, request),
            counted=(method, path) not in self._polls,
            timeout_ms=timeout_ms,
        )
