"""The client of the order history: how it performs each op, and what it may conclude from each answer."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion
from shaketable_patterns.order_system.completion import completion_of
from shaketable_targets.order_history.shop import ORDER_EVENTS

_CLIENT_TIMEOUT_MS = 4_000


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op.

    `place` {order, user_id, amount, days_ago}, `pay`, `cancel`, `resend` {order}: the command side. `summary` and `balance` {user_id}:
    the query side; `rebuild` {}: have its view built again. `poison` {event_id, order, ...}: an event straight to the topic of
    orders. Whatever may have been applied is `info`, and only what certainly was not is `fail`.
    """
    value = do.value
    try:
        match do.f:
            case "place":
                return await _ask(ports, "POST", "shop", "/orders", value)
            case "pay":
                return await _ask(ports, "POST", "shop", f"/orders/{value['order']}/payments")
            case "cancel":
                return await _ask(ports, "POST", "shop", f"/orders/{value['order']}/cancellation")
            case "resend":
                return await _ask(ports, "POST", "shop", f"/orders/{value['order']}/resends")
            case "summary":
                return await _ask(ports, "GET", "history", f"/summaries/{value['user_id']}")
            case "balance":
                return await _ask(ports, "GET", "history", f"/balances/{value['user_id']}")
            case "rebuild":
                return await _ask(ports, "POST", "history", "/rebuilds")
            case "poison":
                await ports.broker.send(ORDER_EVENTS, str(value["order"]), value)
                return Completion("ok")
            case _:
                raise UsageError(f"the order history has no op {do.f!r}")
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})


async def _ask(ports: ClientPorts, method: str, service: str, path: str, body: Json = None) -> Completion:
    return completion_of(await ports.http.request(method, service, path, body, timeout_ms=_CLIENT_TIMEOUT_MS))
