"""The client of the waiting list: how it performs each op, and what it may conclude from each answer."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion
from shaketable_patterns.order_system.completion import completion_of

SERVICE, REDIS = "waitlist", "redis"
CLIENT_TIMEOUT_MS = 12_000
"""Longer than all time-outs of one request of the service together."""


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op.

    `join` {waiting, place, party}, `change` {waiting, party}, `cancel` {waiting}, `call` {place}; `look` {waiting}: the row, mostly out of
    a copy; `position` {waiting} and `queue` {place}. Whatever may have been applied is `info`, and only what certainly was not is `fail`.
    """
    value = do.value
    try:
        match do.f:
            case "join":
                return await _ask(ports, "POST", "/waitings", value)
            case "change":
                return await _ask(ports, "PUT", f"/waitings/{value['waiting']}", {"party": value["party"]})
            case "cancel":
                return await _ask(ports, "POST", f"/waitings/{value['waiting']}/cancellation")
            case "call":
                return await _ask(ports, "POST", f"/places/{value['place']}/calls")
            case "look":
                return await _ask(ports, "GET", f"/waitings/{value['waiting']}")
            case "position":
                return await _ask(ports, "GET", f"/waitings/{value['waiting']}/position")
            case "queue":
                return await _ask(ports, "GET", f"/places/{value['place']}/queue")
            case _:
                raise UsageError(f"the waiting list has no op {do.f!r}")
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})


async def _ask(ports: ClientPorts, method: str, path: str, body: Json = None) -> Completion:
    return completion_of(await ports.http.request(method, SERVICE, path, body, timeout_ms=CLIENT_TIMEOUT_MS))
