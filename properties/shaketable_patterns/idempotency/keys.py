"""Idempotency keys as a history shows them: the requests under each key, their answers, and what its record keeps.

A key's scope is declared. With `service`, a key stands for one request to the whole service. With `order` it counts
only together with the order that is asked for, and its record is kept under `<order>/<key>`.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from shaketable.errors import UsageError
from shaketable.history import Json, Op
from shaketable.profile import Profile
from shaketable_patterns.order_facts import Change, OrderFacts

MISUSED = 422
"""The status with which a service refuses another payload under a key."""
STORED_STATUSES = "stored_statuses"
"""The knob that says which answers are kept under a key: "201" or "201,409"."""

_PLACING = ("place", "place_again", "place_other", "poison")


class Request(NamedTuple):
    """One op with an idempotency key."""

    op: Op
    payload: bytes

    @property
    def at(self) -> int:
        return self.op.invoked.index

    @property
    def returned(self) -> int:
        return -1 if self.op.completed is None else self.op.completed.index

    @property
    def order(self) -> str:
        return str(self.op.invoked.value.get("order", ""))


def by_key(facts: OrderFacts, profile: Profile) -> dict[str, list[Request]]:
    """Return the requests that carry a key, by key as its scope is declared, in order of invocation."""
    of_orders = profile.knobs.get("key_scope") == "order"
    keyed: dict[str, list[Request]] = {}
    for op in facts.ops(*_PLACING):
        value = op.invoked.value
        if isinstance(value, dict) and value.get("key"):
            key = f"{value.get('order')}/{value['key']}" if of_orders else str(value["key"])
            keyed.setdefault(key, []).append(Request(op, _payload(op.name, value)))
    return keyed


def _payload(name: str, value: dict[str, Json]) -> bytes:
    """Return what the service is asked to do; a `poison` op sends another item than its value says."""
    body = {k: v for k, v in sorted(value.items()) if k != "key"}
    return msgspec.json.encode(body | {"item": "poison"} if name == "poison" else body)


def refused(op: Op) -> bool:
    """Tell whether the service itself said no (and not the network on the way to it)."""
    return isinstance(op.result, dict) and "status" in op.result


def exists_elsewhere(facts: OrderFacts, key: str, request: Request, by: int) -> bool:
    """Tell whether another key had created the order by event index `by`: then the request is refused for good."""
    story = facts.orders.get(request.order)
    created = story.changes[0] if story is not None and story.changes else None
    if created is None or created.at >= by:
        return False
    return any(
        other.table == "idempotency" and other.row.get("key") != key
        for other in facts.commits[created.commit]
    )


def told_to_wait(facts: OrderFacts, key: str, request: Request) -> bool:
    """Tell whether the service refused for another reason than a misused key or an order of another key."""
    completed = request.op.completed
    return (
        completed is not None
        and completed.kind == "fail"
        and refused(request.op)
        and completed.value["status"] != MISUSED
        and not exists_elsewhere(facts, key, request, completed.index)
    )


def is_retained(profile: Profile, age_ms: int) -> bool:
    """Tell whether a finished key of this age is still remembered, as the knob `key_retention` declares."""
    retention_ms = profile.knobs.get("key_retention")
    return type(retention_ms) is not int or age_ms < retention_ms


def stored_statuses(profile: Profile) -> frozenset[int] | None:
    """Return the statuses that are kept; None if the profile does not say. UsageError for no list of statuses."""
    declared = profile.knobs.get(STORED_STATUSES)
    if declared is None:
        return None
    words = [word.strip() for word in str(declared).split(",")]
    if not all(word.isdigit() for word in words):
        raise UsageError(
            f'profile {profile.name!r}: {STORED_STATUSES} must be like "201,409", got {declared!r}'
        )
    return frozenset(int(word) for word in words)


def stored_refusal(done: Change) -> int | None:
    """Return the status that a finished record keeps if it is a refusal (4xx), which has no effect; else None.

    An outage (5xx) is no outcome.
    """
    try:
        status, _ = msgspec.json.decode(str(done.row.get("response", "")), type=tuple[int, object])
    except msgspec.DecodeError:
        return None
    return status if 400 <= status < 500 else None
