"""ID-1 and ID-5 at the API: what clients were told who repeated a key.

A key's scope is declared. With `service`, a key stands for one request to the whole service. With `order` it counts
only together with the order that is asked for, and its record is kept under `<order>/<key>`.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from shaketable.history import Json, Op
from shaketable.profile import Profile
from shaketable_patterns.order_facts import OrderFacts, Tally

MISUSED = 422
"""What a service says to another payload under a key."""
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
    """Requests that carry a key, by key as its scope is declared, in order of invocation."""
    of_orders = profile.knobs.get("key_scope") == "order"
    keyed: dict[str, list[Request]] = {}
    for op in facts.ops(*_PLACING):
        value = op.invoked.value
        if isinstance(value, dict) and value.get("key"):
            key = f"{value.get('order')}/{value['key']}" if of_orders else str(value["key"])
            keyed.setdefault(key, []).append(Request(op, _payload(op.name, value)))
    return keyed


def _payload(name: str, value: dict[str, Json]) -> bytes:
    """What the service is asked to do; a `poison` op sends another item than its value says."""
    body = {k: v for k, v in sorted(value.items()) if k != "key"}
    return msgspec.json.encode(body | {"item": "poison"} if name == "poison" else body)


def stored_outcome(facts: OrderFacts, tally: Tally) -> None:
    """ID-1: after the first success, the same request is answered with the same words."""
    for key, requests in by_key(facts, tally.profile).items():
        if len(requests) == 1:
            continue
        first: dict[bytes, Request] = {}
        for request in sorted(requests, key=lambda r: r.returned):
            if request.op.outcome == "ok":
                first.setdefault(request.payload, request)
        for request in requests:
            done = first.get(request.payload)
            if done is not None and done.returned < request.at and not _forgotten(done, request, tally):
                tally.exercised += 1
                _same_answer(key, done, request, tally)


def _forgotten(done: Request, request: Request, tally: Tally) -> bool:
    """Whether the key is older than the profile says keys are kept."""
    retention_ms = tally.profile.knobs.get("key_retention")
    assert done.op.completed is not None
    age_ms = request.op.invoked.time_ms - done.op.completed.time_ms
    return type(retention_ms) is int and age_ms >= retention_ms


def _same_answer(key: str, done: Request, request: Request, tally: Tally) -> None:
    if request.op.outcome == "ok" and request.op.result != done.op.result:
        tally.breach(
            "wrong-response-replayed",
            f"key {key} was answered {done.op.result} and then {request.op.result}",
            done.returned,
            request.at,
            request.returned,
            about=(key, done.order, request.order),
        )
    elif request.op.outcome == "fail" and refused(request.op):
        tally.breach(
            "done-key-refused",
            f"key {key} was done and its repetition was refused with {request.op.result}",
            done.returned,
            request.at,
            request.returned,
            about=(key,),
        )


def refused(op: Op) -> bool:
    """Whether the service itself said no (and not the network on the way to it)."""
    return isinstance(op.result, dict) and "status" in op.result


def exists_elsewhere(facts: OrderFacts, key: str, request: Request, by: int) -> bool:
    """Whether another key had created the order that is asked for by event index `by`: then it is refused for good."""
    story = facts.orders.get(request.order)
    created = story.changes[0] if story is not None and story.changes else None
    if created is None or created.at >= by:
        return False
    return any(
        other.table == "idempotency" and other.row.get("key") != key
        for other in facts.commits[created.commit]
    )


def other_payload(facts: OrderFacts, tally: Tally) -> None:
    """ID-5: of the requests under one key only those of one payload succeed, and only the others are told so."""
    for key, requests in by_key(facts, tally.profile).items():
        _blamed_alone(key, requests, tally)
        owner = next((r for r in sorted(requests, key=lambda r: r.returned) if r.op.outcome == "ok"), None)
        for request in requests:
            if owner is None or request.payload == owner.payload:
                continue
            tally.exercised += 1
            if request.op.outcome == "ok":
                same = request.op.result == owner.op.result
                anomaly = "wrong-response-replayed" if same else "other-payload-executed"
                tally.breach(
                    anomaly,
                    f"key {key} was used for {owner.order} and for another request, which got {request.op.result}",
                    owner.at,
                    request.at,
                    request.returned,
                    about=(key, owner.order, request.order),
                )


def _blamed_alone(key: str, requests: list[Request], tally: Tally) -> None:
    """Nobody is told that a key was used for something else while only he has used it."""
    for request in requests:
        if request.op.outcome != "fail" or not refused(request.op):
            continue
        if request.op.result["status"] == MISUSED:
            tally.exercised += 1
            if all(other.payload == request.payload for other in requests if other.at < request.returned):
                tally.breach(
                    "unused-key-refused",
                    f"key {key} was used for nothing but {request.order}, and was refused as used",
                    request.at,
                    request.returned,
                    about=(key, request.order),
                )
