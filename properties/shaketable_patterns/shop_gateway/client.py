"""The client of the shop's gateway, an attacker's too: how it performs each op, and what it may conclude from each answer."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion
from shaketable_patterns.order_system.completion import completion_of
from shaketable_patterns.shop_gateway.tokens import token_of
from shaketable_patterns.shop_gateway.values import SMUGGLED

GATEWAY, LISTING = "gateway", "listing"
CLIENT_TIMEOUT_MS = 20_000
"""Longer than all time-outs of one request of the gateway together."""


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op.

    `send` {request, method, path, user, token, key, headers}: a request to the gateway, whose id ends its path; `list` {instance, listed}:
    an instance is put on the list or taken off it. Whatever may have been done is `info`, and only what certainly was not is `fail`.
    """
    value = do.value
    try:
        match do.f:
            case "send":
                answer = await ports.http.request(
                    value["method"],
                    GATEWAY,
                    f"{value['path']}/{value['request']}",
                    headers=_headers(value),
                    timeout_ms=CLIENT_TIMEOUT_MS,
                )
            case "list":
                answer = await ports.http.request(
                    "PUT", LISTING, f"/instances/{value['instance']}", {"listed": value["listed"]}
                )
            case _:
                raise UsageError(f"the shop's gateway has no op {do.f!r}")
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})
    return completion_of(answer)


def _headers(value: dict[str, Json]) -> dict[str, str]:
    token = token_of(value["token"], value["key"], value["user"])
    bearer = {"authorization": f"Bearer {token}"} if token else {}
    return {**bearer, "x-request-id": value["request"], **SMUGGLED[value["headers"]]}
