"""The order system's processes as they are shipped: one service behind uvicorn, configured by its environment.

    SERVICE_CLASS            "module:qualname" of what makes the service from its ports and its configuration
    SERVICE_COLLABORATOR     optionally the same of a third argument (a relay's class, a key store's class)
    SERVICE_CONFIG           JSON with fields of `Config`; times are schedule milliseconds, as in the code
    LOG_LEVEL                INFO unless given
    CLOCK_OFFSET_FILE        optionally where the wall clock's step is written

and what docs/real-worlds.md lists. Nothing here needs a server to be up: a service is ready when it listens.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pkgutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import cast

import uvicorn
import uvicorn.lifespan.on  # uvicorn finds this and the next by name: a zygote has imported them before it forks
import uvicorn.loops.uvloop
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from shaketable.ports import Json, Ports, Service
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.wiring import Connected, connect

log = logging.getLogger("service")

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class ReceivedRequest:
    """A `Request`."""

    __slots__ = ("body", "headers", "method", "path")

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: Json) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


def make_service(ports: Ports, env: Mapping[str, str]) -> Service:
    """Make the service that the environment names."""
    config = Config(**json.loads(env.get("SERVICE_CONFIG", "{}")))
    make = cast("Callable[..., Service]", pkgutil.resolve_name(env["SERVICE_CLASS"]))
    collaborator = env.get("SERVICE_COLLABORATOR")
    return make(ports, config, pkgutil.resolve_name(collaborator)) if collaborator else make(ports, config)


Receive = Callable[[HttpRequest, Json], ReceivedRequest]
"""Makes a `Request` of a request and its body."""
Make = Callable[[Ports, Mapping[str, str]], Service]


def as_read(request: HttpRequest, body: Json) -> ReceivedRequest:
    """Return a request with its path unescaped, and of each header the last."""
    headers = {name.decode(): value.decode("utf-8", "replace") for name, value in request.headers.raw}
    return ReceivedRequest(request.method, request.url.path, headers, body)


def make_app(env: Mapping[str, str], make: Make = make_service, receive: Receive = as_read) -> Starlette:
    """Make the web application; the service runs from its start-up to its shutdown."""
    running: list[Service] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        connected = connect(env)
        service = make(connected.ports, env)
        await connected.open()
        await service.start()
        running.append(service)
        log.info("started")
        yield
        await _shut_down(service, connected)

    async def healthz(_: HttpRequest) -> HttpResponse:
        return JSONResponse({"service": env["SERVICE_NAME"]})

    async def everything(request: HttpRequest) -> HttpResponse:
        return await _answer(running[0], request, receive)

    routes = [Route("/healthz", healthz), Route("/{path:path}", everything, methods=METHODS)]
    return Starlette(routes=routes, lifespan=lifespan)


async def _shut_down(service: Service, connected: Connected) -> None:
    try:
        await service.stop()
    finally:
        await connected.close()
    log.info("stopped")


async def _answer(service: Service, request: HttpRequest, receive: Receive) -> HttpResponse:
    content = await request.body()
    try:
        body = json.loads(content) if content else None
    except ValueError:
        return JSONResponse({"error": "the body is no JSON"}, 400)
    received = receive(request, body)
    try:
        answer = await service.handle(received)
    except Exception as error:  # a handler that raises answers 500, whatever it was
        log.exception("%s %s failed", received.method, received.path)
        return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 500)
    if answer.status == 204:  # it has no body, not even `null`: a kept connection would end behind it
        return HttpResponse(status_code=204)
    return JSONResponse(answer.body, answer.status)


def main(make: Make = make_service, receive: Receive = as_read) -> None:
    """Serve until SIGTERM."""
    env = dict(os.environ)
    logging.basicConfig(
        stream=sys.stderr,
        level=env.get("LOG_LEVEL", "INFO").upper(),
        format=f"%(asctime)s.%(msecs)03d level=%(levelname)s service={env['SERVICE_NAME']} at=%(name)s %(message)s",
        datefmt="%H:%M:%S",
    )
    logging.getLogger("httpx").setLevel("WARNING")  # it logs every request
    # It logs a broker that it cannot reach 200 times a second.
    logging.getLogger("aiokafka").setLevel("CRITICAL")
    # uvicorn raises the signal once more when it has shut down, and that must not kill a process that ends in order.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.run(
        make_app(env, make, receive),
        host=env["HTTP_HOST"],
        port=int(env["HTTP_PORT"]),
        http=H11Protocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
