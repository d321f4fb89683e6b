"""The client of the orders by two-phase commit: how it performs each op, and what it may conclude from each answer."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.schedule import Do
from shaketable.subject import ClientPorts, Completion

_CLIENT_TIMEOUT_MS = 6_000
"""Longer than both votes and one round of telling take when one of them is late."""


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Perform one op: `place` {order, user_id, item, quantity, amount}.

    An order that is cancelled has ended ok: its answer says so. Whatever may have been applied is `info`.
    """
    if do.f != "place":
        raise UsageError(f"the orders by two-phase commit have no op {do.f!r}")
    try:
        answer = await ports.http.request("POST", "order", "/orders", do.value, timeout_ms=_CLIENT_TIMEOUT_MS)
    except Refused:
        return Completion("fail", {"error": "refused"})
    except (Timeout, ConnectionLost) as error:
        return Completion("info", {"error": type(error).__name__})
    said = {"status": answer.status, "body": answer.body}
    return Completion("ok" if 200 <= answer.status < 300 else "info", said)
