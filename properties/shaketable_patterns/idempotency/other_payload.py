"""ID-5: a key used with another payload is an error, never the other's response."""

from __future__ import annotations

from shaketable_patterns.idempotency.keys import MISUSED, Request, by_key, refused
from shaketable_patterns.order_facts import OrderFacts, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge each key: only requests of one payload succeed, and only the others are refused as misuse."""
    for key, requests in by_key(facts, tally.profile).items():
        _refused_for_others_only(key, requests, tally)
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


def _refused_for_others_only(key: str, requests: list[Request], tally: Tally) -> None:
    """Find a request that was refused because its key was used for another, though it never was."""
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
                )
