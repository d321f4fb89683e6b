"""Third parties over real HTTP: the same `ExternalParty` objects as in the simulated world, served by the harness.

What a third party records is an effect, at the moment it happens. What an earlier run left is answered like anything
else, so that its service gets on, and is no part of this run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import h11

from shaketable.history import History, Json
from shaketable.real.clock import RunClock
from shaketable.real.exact_json import exact_json
from shaketable.real.stack.namespace import Namespace
from shaketable.subject import ExternalParty


@dataclass(frozen=True, slots=True)
class ExternalRequest:
    """A request as a third party is given it; h11 gives header names in lower case, as the services write them."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json


class ExternalServer:
    """Serves one third party. `external` is replaced at the beginning of each run: ledgers do not outlive it."""

    def __init__(self) -> None:
        self.external: ExternalParty | None = None
        self.port = 0
        self._listener: asyncio.Server | None = None

    async def open(self, host: str) -> None:
        """Listen, at a port that the system chooses."""
        self._listener = await asyncio.start_server(self._serve, host, 0)
        self.port = int(self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening: new connects are refused."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        with contextlib.suppress(ConnectionError, h11.ProtocolError):
            while await self._answer_one(connection, reader, writer):
                connection.start_next_cycle()
        writer.close()

    async def _answer_one(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Read one request and answer it; False when the connection is over."""
        request: h11.Request | None = None
        body = b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                # No limit: it is for the client to give up, and this ends with the connection.
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return False
        assert request is not None
        status, answer = self._handle(request, body)
        head = h11.Response(
            status_code=status,
            headers=[("content-type", "application/json"), ("content-length", str(len(answer)))],
        )
        parts = [
            connection.send(head),
            connection.send(h11.Data(answer)),
            connection.send(h11.EndOfMessage()),
        ]
        if writer.is_closing():
            return False  # the client has hung up
        writer.write(b"".join(part or b"" for part in parts))
        await writer.drain()  # no limit: it ends with the connection, too
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE

    def _handle(self, request: h11.Request, body: bytes) -> tuple[int, bytes]:
        if self.external is None:
            return 503, b"{}"
        headers = {name.decode("latin-1"): _text(value) for name, value in request.headers}
        try:
            asked = ExternalRequest(
                request.method.decode(),
                request.target.decode().split("?", 1)[0],
                headers,
                exact_json(body) if body else None,
            )
        except ValueError:
            return 400, b'{"error": "the body is no JSON"}'
        response = self.external.handle(asked)
        return response.status, json.dumps(response.body).encode()


class RunLedger:
    """The ledger of a third party in one run. Fits `shaketable.subject.Ledger`."""

    __slots__ = ("_clock", "_history", "_name", "_namespace")

    def __init__(self, name: str, history: History, clock: RunClock, namespace: Namespace) -> None:
        self._name = name
        self._namespace = namespace
        self._history = history
        self._clock = clock

    def record(self, name: str, value: Json) -> None:
        if self._namespace.is_of_another_run(value):
            return
        self._history.add(self._clock.elapsed_ms(), "effect", self._name, name, value)


def _text(value: bytes) -> str:
    """Return the value of a header: UTF-8, or if it is none, one letter a byte."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
