"""The client of the system in a real world: HTTP by httpx, sends by aiokafka, each over the client's own edges."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import (
    Consumer,
    Errors,
    OffsetReset,
    Response,
)
from shaketable.real.bounded_waits import within
from shaketable.real.clock import RunClock
from shaketable.real.stack.launcher import Address

SEND_TIMEOUT_MS = 800
"""Real milliseconds, whatever the scale: an append takes a few, and a wait for one that was lost holds up the run."""

_STARTED_WITHIN_S = 10.0
"""Longer than all that a producer waits for by itself when it starts, each with the limit of a send."""
_CLOSED_WITHIN_S = 10.0


class ClientHttp:
    """Makes one attempt a request, on a connection of its own: a pooled one that died would look like a lost request."""

    def __init__(self, errors: Errors, clock: Callable[[], RunClock], edges: Mapping[str, Address]) -> None:
        self._errors = errors
        self._clock = clock
        self._edges = edges
        self._http = httpx.AsyncClient(
            verify=False,  # nothing here is encrypted, and reading the trusted certificates takes 30 ms
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

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
        """See `shaketable.ports.Http`."""
        host, port = self._edges[service]
        encoded = [(name.encode(), text.encode()) for name, text in (headers or {}).items()]
        try:
            # Of all of it: httpx has a limit for each step, and an answer may come drop by drop.
            async with asyncio.timeout(self._clock().real_s(timeout_ms)):
                answer = await self._http.request(
                    method,
                    f"http://{host}:{port}{path}",
                    json=body,
                    headers=encoded,
                    timeout=None,
                    extensions=_as_it_is(path),
                )
        except httpx.ConnectError as error:
            raise self._errors.refused(f"{service} refused: {error}") from None
        except TimeoutError:
            raise self._errors.timeout(f"{service}: no answer in {timeout_ms} ms") from None
        except (httpx.TransportError, AttributeError) as error:
            # The latter where a connection is reset right behind its connect: httpcore asks a socket that is gone for its address.
            raise self._errors.connection_lost(f"{service}: {type(error).__name__}") from None
        return Response(answer.status_code, _json(answer.content))

    async def close(self) -> None:
        await within(
            self._http.aclose(), within_s=_CLOSED_WITHIN_S, what="the client's connections to be closed"
        )


class ClientBroker:
    """Sends of the client (`shaketable.ports.Broker`); it consumes nothing."""

    def __init__(self, errors: Errors, clock: Callable[[], RunClock], bootstrap: Address) -> None:
        self._errors = errors
        self._clock = clock
        self._bootstrap = bootstrap
        self._starting: asyncio.Task[Any] | None = None

    async def send(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Append and wait for the acknowledgement."""
        pairs = [(name, text.encode()) for name, text in (headers or {}).items()]
        try:
            producer = await self._started()
            async with asyncio.timeout(2 * SEND_TIMEOUT_MS / 1000):  # in case the producer's sender task died
                await producer.send_and_wait(topic, json.dumps(value).encode(), key.encode(), headers=pairs)
        except (KafkaTimeoutError, TimeoutError) as error:
            what = f"the broker to take a record on {topic!r}"
            raise self._errors.timeout(
                f"waited for {what}, in vain: {type(error).__name__} {error}"
            ) from None
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            raise self._errors.refused(f"{type(error).__name__}: {error}") from None
        except (KafkaConnectionError, KafkaError) as error:
            raise self._errors.connection_lost(f"{type(error).__name__}: {error}") from None

    async def _started(self) -> Any:
        """Return the one producer of this run; when it could not be started, the next caller tries again."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        starting = self._starting
        try:
            return await asyncio.shield(starting)
        except (KafkaError, TimeoutError):
            if self._starting is starting:
                self._starting = None
            raise

    async def _start(self) -> Any:
        host, port = self._bootstrap
        producer = AIOKafkaProducer(
            bootstrap_servers=f"{host}:{port}",
            acks="all",
            request_timeout_ms=SEND_TIMEOUT_MS,
            retry_backoff_ms=2 * SEND_TIMEOUT_MS,  # a send is one attempt: it gives up before it repeats
        )
        try:
            async with asyncio.timeout(_STARTED_WITHIN_S):
                await producer.start()
        except BaseException:
            await _stop(producer)
            raise
        return producer

    def send_later(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        raise HarnessError("a client of the harness waits for its acknowledgements: use send")

    def consumer(self, group: str, topics: Sequence[str], *, reset: OffsetReset = "earliest") -> Consumer:
        raise HarnessError("a client of the harness consumes nothing")

    async def close(self) -> None:
        starting, self._starting = self._starting, None
        if starting is None:
            return
        if not starting.done():
            starting.cancel()
        with contextlib.suppress(KafkaError, TimeoutError, asyncio.CancelledError):  # then there is none
            await _stop(await starting)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class RealClientPorts:
    """See `shaketable.subject.ClientPorts`."""

    http: ClientHttp
    broker: ClientBroker


async def _stop(producer: Any) -> None:
    await within(producer.stop(), within_s=_CLOSED_WITHIN_S, what="the client's producer to stop")


def _as_it_is(path: str) -> dict[str, bytes]:
    """Return what lets httpx send a path as the schedule has it: by itself it resolves dots, which an attacker would not."""
    return {"target": path.encode()} if all("!" <= one <= "~" for one in path) else {}


def _json(content: bytes) -> Json:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode("utf-8", "replace")
