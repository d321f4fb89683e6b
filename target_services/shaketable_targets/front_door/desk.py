"""A desk: it writes down who came, and trusts the door about that."""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import AsyncIterator

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shaketable_targets.front_door import settings

_POOLS: list[asyncpg.Pool] = []
_INSERT = "INSERT INTO visits (no, visit, desk, verb, path, reader) VALUES ($1, $2, $3, $4, $5, $6)"


async def visit(request: Request) -> Response:
    """Write a visit down."""
    named = [text for name, text in request.headers.items() if name.replace("_", "-") == "x-reader"]
    path, said = request.scope["raw_path"].decode(), request.headers.get("x-visit", "")
    try:
        await _POOLS[0].execute(
            _INSERT, uuid.uuid4().hex, said, settings.DESK, request.method, path, ", ".join(named)
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return JSONResponse({"error": repr(error)}, 503)
    return JSONResponse({"desk": settings.DESK})


async def healthz(_: Request) -> Response:
    return JSONResponse({})


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        settings.DATABASE_URL, min_size=0, max_size=4, command_timeout=settings.PATIENCE_S
    ) as pool:
        _POOLS[:] = [pool]
        yield


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    methods = ["GET", "POST"]
    app = Starlette(
        routes=[Route("/healthz", healthz), Route("/{path:path}", visit, methods=methods)], lifespan=lifespan
    )
    uvicorn.run(app, host=settings.HTTP_HOST, port=settings.HTTP_PORT, access_log=False, log_config=None)
