"""HTTP between simulated parties: a request starts a handler task in the receiving process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from shaketable.history import Json
from shaketable.ports import Response, Service
from shaketable.sim.channel import Channel, OpenChannel
from shaketable.sim.process import Process
from shaketable.subject import ExternalParty


class SimRequest(msgspec.Struct, frozen=True):
    """A request as its handler sees it. Header names are kept as given."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json


Serve = Callable[[str, SimRequest], Response | asyncio.Future[Response]]
"""Gives the request to a party by name and returns its answer, or the handler's task."""


class Endpoints:
    """The receiving end of HTTP: processes, which handle a request in a task, and external parties."""

    __slots__ = ("_externals", "_processes")

    def __init__(self, processes: Mapping[str, Process], externals: Mapping[str, ExternalParty]) -> None:
        self._processes = processes
        self._externals = externals

    def serve(self, name: str, request: SimRequest) -> Response | asyncio.Future[Response]:
        """See `Serve`. The channel has checked that the party is up."""
        external = self._externals.get(name)
        if external is not None:
            return external.handle(request)
        process = self._processes[name]
        incarnation, service = process.incarnation, process.service
        assert incarnation is not None
        assert service is not None
        return incarnation.spawn(_handle(service, request), f"{name} {request.method} {request.path}")


async def _handle(service: Service, request: SimRequest) -> Response:
    try:
        return await service.handle(request)
    except Exception as error:  # as every HTTP server does: a handler that raises answers 500
        return Response(500, {"error": f"{type(error).__name__}: {error}"})


class _Served:
    """The effect of a request: `service` serves it (`shaketable.sim.channel.Failable`)."""

    __slots__ = ("_request", "_serve", "_service")

    def __init__(self, serve: Serve, service: str, request: SimRequest) -> None:
        self._serve = serve
        self._service = service
        self._request = request

    def __call__(self) -> Response | asyncio.Future[Response]:
        return self._serve(self._service, self._request)

    def failed(self, status: int, body: Json) -> Response:
        return Response(status, body)


class SimHttp:
    """The http port of one incarnation.

    `receiver_of` chooses the party that a request to a name goes to. `polls` are (method, path) pairs of requests that only
    ask for work.
    """

    __slots__ = ("_channels", "_open_channel", "_polls", "_receiver_of", "_serve")

    def __init__(
        self,
        open_channel: OpenChannel,
        serve: Serve,
        receiver_of: Callable[[str], str],
        polls: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._open_channel = open_channel
        self._serve = serve
        self._receiver_of = receiver_of
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
        """Send one request and return its answer. Raises the world's timeout, connection_lost or refused error."""
        receiver = self._receiver_of(service)
        channel = self._channels.get(receiver)
        if channel is None:
            channel = self._channels[receiver] = self._open_channel(receiver)
        request = SimRequest(method, path, {} if headers is None else headers, body)
        return await channel.cross(
            method,
            path,
            _Served(self._serve, receiver, request),
            counted=(method, path) not in self._polls,
            timeout_ms=timeout_ms,
        )
