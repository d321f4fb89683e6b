"""The guests of the front: how each op is performed, and what may be concluded from each answer."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion

SERVICE = "front"
_CLIENT_TIMEOUT_MS = 30_000
"""Longer than three calls outside that hang: who repeats them is to be seen, not given up on."""


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op: `look` {request, restaurant}, `coupon` {request, code}, `order` {request, item, quantity}.

    An order that is refused by 409 or 503 was certainly not taken; after 500 that is not known.
    """
    value = do.value
    body: Json = None
    match do.f:
        case "look":
            method, path = "GET", f"/restaurants/{value['restaurant']}"
        case "coupon":
            method, path = "GET", f"/coupons/{value['code']}"
        case "order":
            method, path = "POST", "/orders"
            body = {"item": value["item"], "quantity": value["quantity"]}
        case _:
            raise UsageError(f"the front has no op {do.f!r}")
    known_as = {"x-request-id": value["request"]}
    try:
        answer = await ports.http.request(
            method, SERVICE, path, body, known_as, timeout_ms=_CLIENT_TIMEOUT_MS
        )
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})
    said = {"status": answer.status, "body": answer.body}
    if 200 <= answer.status < 300:
        return Completion("ok", said)
    return Completion("fail" if answer.status in (400, 404, 409, 503) else "info", said)
