"""ID-4: a key whose request came to nothing can be used again."""

from __future__ import annotations

from shaketable_patterns.idempotency.requests import MISUSED, Request, by_key, exists_elsewhere, refused
from shaketable_patterns.order_facts import Change, OrderFacts, Tally

_IO_TIMEOUT_MS = 5_000


def never_blocked(facts: OrderFacts, tally: Tally) -> None:
    """ID-4: a key whose request came to nothing can be used again once its lease is over."""
    records: dict[str, list[Change]] = {}
    for change in facts.tables["idempotency"]:
        records.setdefault(str(change.row.get("key")), []).append(change)
    lease_ms = int(tally.profile.knobs.get("key_lease_ms", 0))
    for key, requests in by_key(facts, tally.profile).items():
        for place, request in enumerate(requests[1:], 1):
            record = records.get(key, [])
            if record and request.op.completed is not None:
                _answered(facts, key, request, record, lease_ms, tally)
                _released(facts, key, request, requests[:place], record, tally)
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
                about=(key,),
            )


def nobody_is_refused_in_progress(facts: OrderFacts, tally: Tally) -> None:
    """ID-1 where a repetition waits for the first request's answer: none is told that somebody is in progress."""
    if tally.profile.knobs.get("in_progress") != "wait":
        return
    for key, requests in by_key(facts, tally.profile).items():
        for request in requests[1:]:
            tally.exercised += 1
            if told_to_wait(facts, key, request):
                tally.breach(
                    "refused-in-progress",
                    f"key {key} was in work, and {request.order} was refused with {request.op.result}",
                    requests[0].at,
                    request.at,
                    request.returned,
                    about=(key, request.order),
                    off_profile="in_progress=409",
                )


def _answered(
    facts: OrderFacts, key: str, request: Request, record: list[Change], lease_ms: int, tally: Tally
) -> None:
    """A refusal "in progress" needs somebody in progress: the record's last change must be within its lease."""
    completed = request.op.completed
    assert completed is not None
    claimed = next((change for change in reversed(record) if change.at < completed.index), None)
    if claimed is None or claimed.status != "RUNNING":
        return
    tally.exercised += 1
    age_ms = request.op.invoked.time_ms - facts.events[claimed.at].time_ms
    if (
        told_to_wait(facts, key, request)
        and age_ms > lease_ms
        and not any(fault.name == "clock_step" for fault in facts.faults)
    ):
        tally.breach(
            "key-blocked-for-ever",
            f"its key was taken {age_ms} ms ago (the lease is {lease_ms} ms) and {request.order} is still refused",
            claimed.at,
            request.at,
            completed.index,
            about=(request.order,),
        )


def _released(
    facts: OrderFacts,
    key: str,
    request: Request,
    earlier: list[Request],
    record: list[Change],
    tally: Tally,
) -> None:
    """The key was given back and nobody else asked for it since: who is in progress?

    Whoever gave it back may still wait for the answer to that, for as long as a client of the database does. A
    service that restarted remembers nothing, so that is no excuse.
    """
    last = next((change for change in reversed(record) if change.at < request.at), None)
    if last is None or last.status != "DELETED":
        return
    others = [other for other in earlier if other.at > last.at or other.op.outcome == "info"]
    if len(others) > 1 or any(other.at > last.at for other in others):
        return
    tally.exercised += 1
    age_ms = request.op.invoked.time_ms - facts.events[last.at].time_ms
    patience_ms = int(tally.profile.knobs.get("io_timeout_ms", _IO_TIMEOUT_MS))
    paused = any(fault.name == "pause" for fault in facts.faults)
    if told_to_wait(facts, key, request) and age_ms > patience_ms and not paused:
        tally.breach(
            "key-blocked-for-ever",
            f"its key was given back {age_ms} ms ago, nobody asked for it since, and {request.order} is still refused",
            last.at,
            request.at,
            request.returned,
            about=(request.order,),
        )


def told_to_wait(facts: OrderFacts, key: str, request: Request) -> bool:
    """Whether the service said no for another reason than that the key was misused, or the order is another key's."""
    completed = request.op.completed
    return (
        completed is not None
        and completed.kind == "fail"
        and refused(request.op)
        and completed.value["status"] != MISUSED
        and not exists_elsewhere(facts, key, request, completed.index)
    )
