"""ID-1, ID-4 and ID-5 at the API: what clients were told who repeated a key."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from harness.history import Json, Op
from properties.order_facts import Change, OrderFacts, Tally

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


def by_key(facts: OrderFacts) -> dict[str, list[Request]]:
    """Requests that carry a key, by key, in order of invocation."""
    keyed: dict[str, list[Request]] = {}
    for op in facts.ops(*_PLACING):
        value = op.invoked.value
        if isinstance(value, dict) and value.get("key"):
            keyed.setdefault(str(value["key"]), []).append(Request(op, _payload(op.name, value)))
    return keyed


def _payload(name: str, value: dict[str, Json]) -> bytes:
    """What the service is asked to do; a `poison` op sends another item than its value says."""
    body = {k: v for k, v in sorted(value.items()) if k != "key"}
    return msgspec.json.encode(body | {"item": "poison"} if name == "poison" else body)


def stored_outcome(facts: OrderFacts, tally: Tally) -> None:
    """ID-1: after the first success, the same request is answered with the same words."""
    for key, requests in by_key(facts).items():
        if len(requests) == 1:
            continue
        first: dict[bytes, Request] = {}
        for request in sorted(requests, key=lambda r: r.returned):
            if request.op.outcome == "ok":
                first.setdefault(request.payload, request)
        for request in requests:
            done = first.get(request.payload)
            if done is not None and done.returned < request.at:
                tally.exercised += 1
                _same_answer(key, done, request, tally)


def _same_answer(key: str, done: Request, request: Request, tally: Tally) -> None:
    if request.op.outcome == "ok" and request.op.result != done.op.result:
        tally.breach(
            "wrong-response-replayed",
            f"key {key} was answered {done.op.result} and then {request.op.result}",
            done.returned,
            request.at,
            request.returned,
        )
    elif request.op.outcome == "fail" and _refused(request.op):
        tally.breach(
            "done-key-refused",
            f"key {key} was done and its repetition was refused with {request.op.result}",
            done.returned,
            request.at,
            request.returned,
        )


def _refused(op: Op) -> bool:
    """Whether the service itself said no (and not the network on the way to it)."""
    return isinstance(op.result, dict) and "status" in op.result


def other_payload(facts: OrderFacts, tally: Tally) -> None:
    """ID-5: of the requests under one key only those of one payload succeed."""
    for key, requests in by_key(facts).items():
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
                )


def never_blocked(facts: OrderFacts, tally: Tally) -> None:
    """ID-4: a key whose request came to nothing can be used again once its lease is over."""
    records: dict[str, list[Change]] = {}
    for change in facts.tables["idempotency"]:
        records.setdefault(str(change.row.get("key")), []).append(change)
    lease_ms = int(tally.profile.knobs.get("key_lease_ms", 0))
    for key, requests in by_key(facts).items():
        for request in requests[1:]:
            _answered(facts, request, records.get(key, []), lease_ms, tally)
    if facts.unsettled:
        return
    for key, changes in records.items():
        last = changes[-1]
        if last.status == "RUNNING" and not last.row.get("expires_ms"):
            tally.exercised += 1
            tally.breach(
                "key-blocked-for-ever",
                f"key {key} is taken when all is quiet, and nothing will free it",
                last.at,
            )


def _answered(facts: OrderFacts, request: Request, record: list[Change], lease_ms: int, tally: Tally) -> None:
    """A refusal "in progress" needs somebody in progress: the record's last change must be within its lease."""
    completed = request.op.completed
    if completed is None:
        return
    claimed = next((change for change in reversed(record) if change.at < completed.index), None)
    if claimed is None or claimed.status != "RUNNING":
        return
    tally.exercised += 1
    age_ms = request.op.invoked.time_ms - facts.events[claimed.at].time_ms
    refused = completed.kind == "fail" and _refused(request.op) and completed.value["status"] != 422
    if refused and age_ms > lease_ms and not any(fault.name == "clock_step" for fault in facts.faults):
        tally.breach(
            "key-blocked-for-ever",
            f"its key was taken {age_ms} ms ago (the lease is {lease_ms} ms) and {request.order} is still refused",
            claimed.at,
            request.at,
            completed.index,
        )
