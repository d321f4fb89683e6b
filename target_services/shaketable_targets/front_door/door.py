"""The door: asks for a card, reads the path, and sends the reader on to a desk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import posixpath
from collections.abc import AsyncIterator
from urllib.parse import unquote

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shaketable_targets.front_door import settings
from shaketable_targets.front_door.cards import reader_of
from shaketable_targets.front_door.desks import Desks

_HIDDEN = ("%", ";", "\\", "//")
_ROUTES: list[Desks] = []


def read(raw: str) -> str:
    """Return the path that is meant, "" for one that another server may read in another way."""
    if settings.PATHS == "as sent":
        return raw
    path = unquote(raw)
    is_plain = all("!" <= one <= "~" for one in path)
    if not is_plain or any(sign in path for sign in _HIDDEN) or "%2f" in raw.lower():
        return ""
    return posixpath.normpath(path)


async def through(request: Request) -> Response:
    """Answer one reader."""
    path = read(request.scope["raw_path"].decode())
    if not path:
        return JSONResponse({"error": "an odd path"}, 400)
    reader = reader_of(request.headers.get("authorization", ""))
    if not reader:
        return JSONResponse({"error": "no card"}, 401)
    desks = next((one for one in _ROUTES if one.hold(path)), None)
    if desks is None:
        return JSONResponse({"error": "no such desk"}, 404)
    headers = {"x-reader": reader, "x-visit": request.headers.get("x-visit", "")}
    if settings.NAMES == "all":
        others = {name: text for name, text in request.headers.items() if "reader" in name}
        headers = {**headers, **others}
    answer = await desks.send(request.method, path, headers)
    if answer is None:
        return JSONResponse({"error": "no desk is there"}, int(settings.TELLS))
    return Response(answer.content, answer.status_code, media_type="application/json")


async def healthz(_: Request) -> Response:
    return JSONResponse({})


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as client:
        cellar = Desks("/desks/cellar", settings.CELLAR, client)
        _ROUTES[:] = [cellar, Desks("/desks", settings.DESKS, client)]
        looking = [asyncio.create_task(one.look()) for one in _ROUTES]
        yield
        for task in looking:
            task.cancel()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    methods = ["GET", "POST"]
    app = Starlette(
        routes=[Route("/healthz", healthz), Route("/{path:path}", through, methods=methods)],
        lifespan=lifespan,
    )
    uvicorn.run(app, host=settings.HTTP_HOST, port=settings.HTTP_PORT, access_log=False, log_config=None)
