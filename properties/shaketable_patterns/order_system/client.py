"""The client of the order system: how it performs each op, and what it may conclude from each answer."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.errors import UsageError
from shaketable.history import Json
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion
from shaketable_patterns.order_system.completion import completion_of
from shaketable_targets.order_system.events import TOPIC_OF
from shaketable_targets.order_system.orchestrated.saga_log import letter_id

ORDER_FIELDS = ("order", "item", "quantity", "amount")
OVERSIZED_ITEM = "x" * 600
"""An item name that makes the order's event larger than the broker takes."""

_CLIENT_TIMEOUT_MS = 4_000


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op.

    `place`, `place_again`, `place_other` {order, item, quantity, amount, key}: POST /orders; `poison` {order,
    quantity, amount, key}: the same with an item too long for the broker; `read` {order}; `publish` {event_id, type,
    order, ...}: an event straight to the topic of its type (an unknown type goes to order-events); `redrive`
    {service}: POST /dead-letters/redrive; `refund_by_hand` {order, item, quantity, amount}: what a person does who is told that a refund
    cannot be commanded: the same command, with its key. A response is reported as {status, body}; whatever may have been applied
    is `info`, and only what certainly was not is `fail`.
    """
    value = do.value
    try:
        match do.f:
            case "place" | "place_again" | "place_other":
                return await _place(ports, value, value["item"])
            case "poison":
                return await _place(ports, value, OVERSIZED_ITEM)
            case "read":
                return completion_of(await ports.http.request("GET", "order", f"/orders/{value['order']}"))
            case "redrive":
                return await _redrive(ports, value["service"])
            case "refund_by_hand":
                return await _refund_by_hand(ports, value)
            case "publish":
                kind = value.get("type")
                topic = TOPIC_OF.get(kind, "order-events") if isinstance(kind, str) else "order-events"
                await ports.broker.send(topic, str(value.get("order", "")), value)
                return Completion("ok")
            case _:
                raise UsageError(f"the order system has no op {do.f!r}")
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})


async def _place(ports: ClientPorts, value: Mapping[str, Json], item: str) -> Completion:
    body = {field: value.get(field) for field in ORDER_FIELDS} | {"item": item}
    headers = {"idempotency-key": value["key"]}
    response = await ports.http.request(
        "POST", "order", "/orders", body, headers, timeout_ms=_CLIENT_TIMEOUT_MS
    )
    return completion_of(response)


async def _redrive(ports: ClientPorts, service: str) -> Completion:
    # A redrive works through every letter, and each may take a third party's timeout.
    response = await ports.http.request("POST", service, "/dead-letters/redrive", timeout_ms=30_000)
    return completion_of(response)


async def _refund_by_hand(ports: ClientPorts, value: Mapping[str, Json]) -> Completion:
    body = {field: value.get(field) for field in ORDER_FIELDS}
    headers = {"idempotency-key": letter_id(value["order"], "refund")}
    response = await ports.http.request(
        "POST", "payment", "/commands/refund", body, headers, timeout_ms=_CLIENT_TIMEOUT_MS
    )
    return completion_of(response)
