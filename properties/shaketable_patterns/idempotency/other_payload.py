"""ID-5: a key used with another payload is an error, never the other's response."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.ops import Asked
from shaketable_patterns.idempotency import retention
from shaketable_patterns.idempotency.facts import Work


def other_payload_is_refused(work: Work, tally: Tally) -> None:
    """Judge ID-5: of the requests under one key only those of one payload succeed."""
    for facts in work.keys:
        for key, requests in facts.by_key.items():
            owner = next(
                (r for r in sorted(requests, key=lambda r: r.returned) if r.op.outcome == "ok"), None
            )
            for request in requests:
                if (
                    owner is None
                    or request.payload == owner.payload
                    or _new_again(requests, owner, request, tally)
                ):
                    continue
                tally.exercised += 1
                if request.op.outcome == "ok":
                    same = request.op.result == owner.op.result
                    tally.breach(
                        "wrong-response-replayed" if same else "other-payload-executed",
                        f"key {key} was used for {owner.of} and for another request, which got {request.op.result}",
                        owner.at,
                        request.at,
                        request.returned,
                        about=(key, owner.of, request.of),
                    )


def _new_again(requests: list[Asked], one: Asked, other: Asked, tally: Tally) -> bool:
    """Tell whether the later of two requests came when the key of the earlier one could be forgotten.

    It is as old as the first request of the same payload: that may be what was executed.
    """
    earlier, later = sorted((one, other), key=lambda request: request.at)
    first_ms = min(r.op.invoked.time_ms for r in requests if r.payload == earlier.payload)
    return retention.is_over(tally.profile, first_ms, later.op.invoked.time_ms)


def only_misuse_is_called_so(work: Work, tally: Tally) -> None:
    """Judge ID-5: no request is told that its key was used for something else while only its own payload used it."""
    for facts in work.keys:
        for key, requests in facts.by_key.items():
            for request in requests:
                if not request.refused or request.status not in facts.role.misused:
                    continue
                tally.exercised += 1
                if all(other.exactly == request.exactly for other in requests if other.at < request.returned):
                    tally.breach(
                        "unused-key-refused",
                        f"key {key} was used for nothing but {request.of}, and was refused as used",
                        request.at,
                        request.returned,
                        about=(key, request.of),
                    )
