"""Toxiproxy behind every edge, for what happens to bytes: how it is started, and how toxiproxy-python drives it.

One proxy an edge. Toxicity is always 1 and jitter 0: chance stays in the schedule. The client blocks, so calls run in a
thread. This is the only file that imports it.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from shaketable.errors import HarnessError
from shaketable.fault import ByteLevel
from shaketable.real.bounded_waits import within
from shaketable.real.stack.readiness import status_of
from shaketable.real.toxics import Toxic, toxic_for

T = TypeVar("T")
ENV = {
    "LOG_LEVEL": "error",  # else it writes about every connection
    "GOMAXPROCS": "1",  # it only passes bytes on: more threads wake each other for a quarter of its time
}
_OK = 200
_ANSWER_WITHIN_S = 30


def command(program: Path, port: int) -> tuple[str, ...]:
    """Return the command that starts it on loopback; `port` is that of its HTTP API."""
    return (str(program), "-host", "127.0.0.1", "-port", str(port))


async def answers(host: str, port: int) -> bool:
    """Tell whether its HTTP API answers."""
    return await status_of(host, port, "/version") == _OK


class ToxiproxyServer:
    """One running Toxiproxy. Errors of its API are HarnessErrors: a fault that could not be set has not landed."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._proxies: dict[str, Any] = {}

    async def add(self, name: str, listen: str, upstream: str) -> None:
        """Add a proxy for one edge; one of that name is replaced."""

        def create(server: Any) -> Any:
            old = server.get_proxy(name)
            if old is not None:
                server.destroy(old)
            return server.create(upstream=upstream, name=name, listen=listen, enabled=True)

        self._proxies[name] = await self._call(create)

    async def inject(self, name: str, fault: ByteLevel, event: int, scale: float) -> None:
        """Let `fault` act on the edge `name`; open connections are affected as Toxiproxy has it.

        `event` tells it from others of its kind: a proxy refuses two toxics of one name.
        """
        proxy, toxic = self._proxies[name], toxic_for(fault, scale)
        if toxic is None:
            await self._call(lambda _: proxy.disable())
            return

        def add(_: Any) -> None:
            for stream in toxic.streams:
                proxy.add_toxic(
                    name=_name(toxic, stream, event),
                    type=toxic.type,
                    stream=stream,
                    toxicity=1.0,
                    attributes=dict(toxic.attributes),
                )

        await self._call(add)

    async def heal(self, name: str, fault: ByteLevel, event: int) -> None:
        """End `fault`; do nothing if it is over already. Removing a black hole closes its connections."""
        proxy, toxic = self._proxies[name], toxic_for(fault, 1)

        def remove(_: Any) -> None:
            if toxic is None:
                proxy.enable()
                return
            there = proxy.toxics()
            for stream in toxic.streams:
                if _name(toxic, stream, event) in there:
                    proxy.destroy_toxic(_name(toxic, stream, event))

        await self._call(remove)

    async def _call(self, act: Callable[[Any], T]) -> T:
        def call() -> T:
            import toxiproxy

            _limit_requests(toxiproxy.api)
            server = toxiproxy.Toxiproxy()
            # The package keeps one address for the whole process.
            server.update_api_consumer(self._host, self._port)
            try:
                return act(server)
            except (
                OSError,  # every error of its HTTP client is one
                toxiproxy.exceptions.InvalidToxic,
                toxiproxy.exceptions.NotFound,
                toxiproxy.exceptions.ProxyExists,
            ) as error:
                raise HarnessError(f"Toxiproxy at {self._host}:{self._port} refused: {error}") from error

        async with _LOCK:  # each call in front of this one has the same limit
            what = f"Toxiproxy at {self._host}:{self._port} to answer"
            return await within(asyncio.to_thread(call), within_s=_ANSWER_WITHIN_S, what=what)


def _limit_requests(api: Any) -> None:
    """Give the package's requests a limit, for it has none: a thread that is given up here would keep this command from ending."""
    import requests

    verbs = {verb: getattr(requests, verb) for verb in ("get", "post", "delete")}
    api.requests = SimpleNamespace(
        **{verb: functools.partial(request, timeout=_ANSWER_WITHIN_S) for verb, request in verbs.items()}
    )


def _name(toxic: Toxic, stream: str, event: int) -> str:
    return f"{toxic.type}_{stream}_{event}"


_LOCK = asyncio.Lock()


def edge_name(client: str, server: str) -> str:
    """Return the name of an edge's proxy at Toxiproxy."""
    return f"{client}-to-{server}"
