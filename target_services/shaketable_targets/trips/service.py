"""What the three services have in common: an outbox with its relay, a consumer, /healthz and a way to redrive letters."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shaketable_targets.trips import database, outbox
from shaketable_targets.trips.consumer import Consumer
from shaketable_targets.trips.settings import HTTP_HOST, HTTP_PORT

log = logging.getLogger("service")


def serve(consumer: Consumer, routes: Sequence[Route] = ()) -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("httpx").setLevel("WARNING")
    logging.getLogger("aiokafka").setLevel("CRITICAL")  # it logs a broker that is away many times a second

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = [asyncio.create_task(work) for work in (outbox.relay(), consumer.run())]
        yield
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=1)

    async def healthz(_: Request) -> Response:
        try:
            async with database.transaction() as connection:
                await connection.execute("SELECT 1")
        except database.ERRORS as error:
            log.warning("not ready: %r", error)
            return JSONResponse({}, 503)
        return JSONResponse({})

    async def redrive(_: Request) -> Response:
        try:
            return JSONResponse(await consumer.redrive())
        except database.ERRORS as error:
            log.warning("redrive: %r", error)
            return JSONResponse({}, 503)

    every = [
        Route("/healthz", healthz),
        Route("/letters/redrive", redrive, methods=["POST"]),
        *routes,
    ]
    uvicorn.run(
        Starlette(routes=every, lifespan=lifespan),
        host=HTTP_HOST,
        port=HTTP_PORT,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
