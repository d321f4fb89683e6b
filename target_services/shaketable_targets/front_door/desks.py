"""The desks behind one route: each in its turn, and who is away is looked for."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Mapping

import httpx

from shaketable_targets.front_door.settings import AWAY, LOOK_S, PATIENCE_S, REPEATS, TURNS

_SAFE = ("GET", "HEAD")

BROKEN_OFF = (httpx.TransportError, AttributeError)
"""The latter comes out of httpcore where a connection is reset right behind its connect."""


class Desks:
    """The desks of a route."""

    def __init__(self, prefix: str, urls: tuple[str, ...], client: httpx.AsyncClient) -> None:
        self.prefix = prefix
        self._urls = urls
        self._client = client
        self._away: set[str] = set()
        self._turns = itertools.count()

    def hold(self, path: str) -> bool:
        return path == self.prefix or path.startswith(f"{self.prefix}/")

    async def send(self, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response | None:
        """Return the answer of a desk; None if none is there, or one did not answer what must not be sent twice."""
        for url in self._in_turn():
            try:
                return await self._client.request(
                    method, url, headers=headers, extensions={"target": path.encode()}, timeout=PATIENCE_S
                )
            except httpx.ConnectError:
                self._away.add(url)
            except BROKEN_OFF:
                self._away.add(url)
                if method not in _SAFE and REPEATS != "all":
                    return None
        return None

    def _in_turn(self) -> Iterator[str]:
        there = [url for url in self._urls if url not in self._away]
        if there:
            first = 0 if TURNS == "first" else next(self._turns) % len(there)
            yield from (*there[first:], *there[:first])

    async def look(self) -> None:
        """Look at every desk now and then: who does not answer is away, and who answers is there."""
        while True:
            await asyncio.gather(*(self._look_at(url) for url in self._urls))
            await asyncio.sleep(LOOK_S)

    async def _look_at(self, url: str) -> None:
        if url in self._away and AWAY == "given up":
            return
        self._away.add(url) if not await self._is_there(url) else self._away.discard(url)

    async def _is_there(self, url: str) -> bool:
        with contextlib.suppress(*BROKEN_OFF):
            return (await self._client.get(f"{url}/healthz", timeout=PATIENCE_S)).status_code == 200
        return False
