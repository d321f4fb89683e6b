"""The processes of the shop and its gateway: one service behind uvicorn, which sees paths and headers as they were sent.

Its environment is that of `shaketable_targets.order_system.app`, but SERVICE_CONFIG has the fields of `GatewayConfig`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from typing import cast

from starlette.requests import Request as HttpRequest

from shaketable.ports import Json, Ports, Service
from shaketable_targets.order_system import app
from shaketable_targets.shop_gateway.config import GatewayConfig


def as_sent(request: HttpRequest, body: Json) -> app.ReceivedRequest:
    """Return a request with its escapes, and every value of a header that was sent twice."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    path = request.scope["raw_path"].decode("latin-1")
    return app.ReceivedRequest(request.method, path, headers, body)


def make_service(ports: Ports, env: Mapping[str, str]) -> Service:
    """Make the service that the environment names."""
    make = cast("Callable[[Ports, GatewayConfig], Service]", pkgutil.resolve_name(env["SERVICE_CLASS"]))
    return make(ports, GatewayConfig.from_json(env["SERVICE_CONFIG"]))


def main() -> None:
    """Serve until SIGTERM."""
    app.main(make_service, as_sent)
