"""The client of a registry and its services: how it performs each op, and what it may conclude from each answer."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion
from shaketable_targets.discovery.eureka_json import places_in

_TIMEOUT_MS = 8_000
"""Longer than an instance asks one registry after the other."""
_REQUESTS = {
    "who": ("GET", "/instances"),
    "apps": ("GET", "/eureka/apps"),
    "leave": ("POST", "/leave"),
    "join": ("POST", "/join"),
}


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op {at}: `who` at a desk, `apps` at a registry, `leave` and `join` at an instance.

    A question that is not answered with 200 is `fail`; a leave or a join may have come about all the same, so it is `info`.
    """
    if do.f not in _REQUESTS:
        raise UsageError(f"a registry and its services have no op {do.f!r}")
    method, path = _REQUESTS[do.f]
    asks = method == "GET"
    try:
        answer = await ports.http.request(method, do.value["at"], path, timeout_ms=_TIMEOUT_MS)
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})
    if answer.status != 200:
        return Completion("fail" if asks else "info", {"status": answer.status, "body": answer.body})
    body: Json = {"instances": places_in(answer.body)} if do.f == "apps" else answer.body
    return Completion("ok", {"status": 200, "body": body})
