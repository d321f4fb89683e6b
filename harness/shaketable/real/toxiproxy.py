"""Toxiproxy behind every edge, for what happens to bytes: driven by toxiproxy-python, one proxy an edge.

Toxicity is always 1 and jitter 0: chance stays in the schedule. `requests` blocks, so calls run in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from shaketable.errors import HarnessError
from shaketable.fault import ByteLevel
from shaketable.real.toxics import Toxic, toxic_for

T = TypeVar("T")


class ToxiproxyServer:
    """One running Toxiproxy. Errors of its API are HarnessErrors: a fault that could not be set has not landed."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._proxies: dict[str, Any] = {}

    async def version(self) -> str:
        return str(await self._call(lambda server: server.version()))

    async def add(self, name: str, listen: str, upstream: str) -> None:
        """A proxy for one edge; one of that name is replaced."""

        def create(server: Any) -> Any:
            old = server.get_proxy(name)
            if old is not None:
                server.destroy(old)
            return server.create(upstream=upstream, name=name, listen=listen, enabled=True)

        self._proxies[name] = await self._call(create)

    async def inject(self, name: str, fault: ByteLevel, event: int, scale: float) -> None:
        """Let `fault` act on the edge `name`; connections that are open are concerned as Toxiproxy has it.

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
        """End `fault`; nothing if it is over already. Removing a black hole closes its connections."""
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

    async def reset(self) -> None:
        """Every proxy carries again, without toxics."""
        await self._call(lambda server: server.reset())

    async def _call(self, act: Callable[[Any], T]) -> T:
        def call() -> T:
            import toxiproxy
            from requests import RequestException

            server = toxiproxy.Toxiproxy()
            server.update_api_consumer(
                self._host, self._port
            )  # the package keeps one address for the process
            try:
                return act(server)
            except (
                RequestException,
                toxiproxy.exceptions.ProxyExists,
                toxiproxy.exceptions.NotFound,
            ) as error:
                raise HarnessError(f"Toxiproxy at {self._host}:{self._port} refused: {error}") from error

        async with _LOCK:
            return await asyncio.to_thread(call)


def _name(toxic: Toxic, stream: str, event: int) -> str:
    return f"{toxic.type}_{stream}_{event}"


_LOCK = asyncio.Lock()


def edge_name(client: str, server: str) -> str:
    """The name of an edge's proxy at Toxiproxy."""
    return f"{client}-to-{server}"
