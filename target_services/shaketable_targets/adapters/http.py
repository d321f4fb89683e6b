"""HTTP to other parties by httpx, one attempt a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

import httpx

from shaketable.ports import ConnectionLost, Json, Refused, Response, Timeout

RESET_AT_ONCE = (AttributeError,)
"""What httpcore lets out where a connection is reset right behind its connect: it asks a socket that is gone for its address."""


class HttpxHttp:
    """An `Http`. `peers` are base URLs by party; `real_s` converts a timeout's milliseconds to real seconds.

    Every request has a connection of its own. A kept one may have died while it was idle, and a request that was
    never sent would then look like one whose outcome is indeterminate.
    """

    def __init__(self, peers: Mapping[str, str], real_s: Callable[[float], float]) -> None:
        self._peers = peers
        self._real_s = real_s
        encrypted = any(url.startswith("https") for url in peers.values())
        self._client = httpx.AsyncClient(
            verify=encrypted,  # reading the trusted certificates takes longer than all the rest of a start
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=None,  # one deadline for the whole request, below
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
        """See `shaketable.ports.Http`. Raises LookupError for a party that is not configured."""
        url = self._peers[service] + path
        # A header is bytes; what is not ASCII goes as UTF-8.
        encoded = [(name.encode(), text.encode()) for name, text in (headers or {}).items()]
        try:
            async with asyncio.timeout(self._real_s(timeout_ms)):
                answer = await self._client.request(
                    method, url, json=body, headers=encoded, extensions=_as_it_is(path)
                )
        except TimeoutError:
            raise Timeout(f"{service} has not answered {method} {path} in {timeout_ms} ms") from None
        except httpx.ConnectError as error:
            raise Refused(f"{service}: {error}") from error
        except (httpx.TransportError, *RESET_AT_ONCE) as error:
            raise ConnectionLost(f"{service}: {type(error).__name__} {error}") from error
        return Response(answer.status_code, _json(answer.content))

    async def close(self) -> None:
        await self._client.aclose()


def _as_it_is(path: str) -> dict[str, bytes]:
    """Return what lets httpx send a path as it is, where it can be sent so: by itself it resolves dots and escapes some characters."""
    return {"target": path.encode()} if all("!" <= one <= "~" for one in path) else {}


def _json(content: bytes) -> Json:
    """Return the body read as JSON, or as text if it is none."""
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode("utf-8", "replace")
