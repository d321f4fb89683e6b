"""The client of the copies of a price list: how it performs each op, and what it may conclude from each answer."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion

_CLIENT_TIMEOUT_MS = 8_000
"""Longer than two rounds of requests to copies that do not answer."""


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op at one copy: `write` {reader, product, price, copy}, `read` {reader, product, copy}.

    A read that is not answered with 200 is `fail`; a write may have been applied all the same, so it is `info`.
    """
    value = do.value
    body: Json = None
    if do.f == "write":
        method, path = "POST", "/prices"
        body = {"product": value["product"], "price": value["price"]}
    elif do.f == "read":
        method, path = "GET", f"/prices/{value['product']}"
    else:
        raise UsageError(f"the copies of a price list have no op {do.f!r}")
    try:
        answer = await ports.http.request(method, value["copy"], path, body, timeout_ms=_CLIENT_TIMEOUT_MS)
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})
    said = {"status": answer.status, "body": answer.body}
    if answer.status == 200:
        return Completion("ok", said)
    return Completion("fail" if do.f == "read" else "info", said)
