"""ID-4: no key is blocked for ever by a crash, an exception, a cancellation or an expiry."""

from __future__ import annotations

from shaketable_patterns.idempotency.keys import MISUSED, Request, by_key, exists_elsewhere, told_to_wait
from shaketable_patterns.order_facts import Change, OrderFacts, Tally

_IO_TIMEOUT_MS = 5_000
_ANSWERS = (400, MISUSED)
"""Refusals that say what is wrong with the request itself."""
_REQUESTS_MIN = 2
"""On a slow machine one request may come to nothing, but not two in a row."""


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge keys whose request came to nothing: usable again once the lease is over, and answered after the last fault."""
    records: dict[str, list[Change]] = {}
    for change in facts.tables["idempotency"]:
        records.setdefault(str(change.row.get("key")), []).append(change)
    lease_ms = int(tally.profile.knobs.get("key_lease_ms", 0))
    for key, requests in by_key(facts, tally.profile).items():
        for place, request in enumerate(requests[1:], 1):
            record = records.get(key, [])
            if record and request.op.completed is not None:
                _taken(facts, key, request, record, lease_ms, tally)
                _given_back(facts, key, request, requests[:place], record, tally)
    if not facts.unsettled:
        _taken_for_ever(records, tally)
    _answered_at_last(facts, tally)


def _taken(
    facts: OrderFacts, key: str, request: Request, record: list[Change], lease_ms: int, tally: Tally
) -> None:
    """Judge a refusal "in progress" by the record: its last change must be within its lease."""
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
        )


def _given_back(
    facts: OrderFacts,
    key: str,
    request: Request,
    earlier: list[Request],
    record: list[Change],
    tally: Tally,
) -> None:
    """Judge a refusal "in progress" of a key that was given back and has not been asked for since.

    The request that gave it back may still wait for the answer to that, for as long as a client of the database
    does. A service that restarted remembers nothing, so that is no excuse.
    """
    last = next((change for change in reversed(record) if change.at < request.at), None)
    if last is None or last.status != "DELETED":
        return
    others = [other for other in earlier if other.at > last.at or other.op.outcome == "info"]
    if len(others) > 1 or any(other.at > last.at for other in others):
        return
    tally.exercised += 1
    age_ms = request.op.invoked.time_ms - facts.events[last.at].time_ms
    paused = any(fault.name == "pause" for fault in facts.faults)
    if told_to_wait(facts, key, request) and age_ms > _io_timeout_ms(tally) and not paused:
        tally.breach(
            "key-blocked-for-ever",
            f"its key was given back {age_ms} ms ago and not asked for since, and {request.order} is still refused",
            last.at,
            request.at,
            request.returned,
        )


def _taken_for_ever(records: dict[str, list[Change]], tally: Tally) -> None:
    """Find records without a lease that are still taken when all is quiet."""
    for key, changes in records.items():
        last = changes[-1]
        if last.status == "RUNNING" and not last.row.get("expires_ms"):
            tally.exercised += 1
            tally.breach(
                "key-blocked-for-ever",
                f"key {key} is taken when all is quiet, and nothing will free it",
                last.at,
            )


def _answered_at_last(facts: OrderFacts, tally: Tally) -> None:
    """Judge the last requests of a run, asked again so long after the last fault that every client had given up.

    They are judged together: a breach is that none of them, and there are at least two, came to anything.
    """
    if any(fault.name == "clock_step" for fault in facts.faults):
        return  # a lease may then last as long as the step
    since_ms = _last_fault_over_ms(facts)
    keyed = by_key(facts, tally.profile)
    keys = {request.at: key for key, group in keyed.items() for request in group}
    requests = sorted((r for group in keyed.values() for r in group), key=lambda r: r.at)
    late_ms = since_ms + _patience_ms(tally)
    late = [r for r in requests if r.op.invoked.time_ms >= late_ms and r.op.name == "place_again"]
    before = [r for r in requests if r.op.invoked.time_ms < late_ms]
    if len(late) < _REQUESTS_MIN or not before:
        return
    tally.exercised += len(late)
    if not any(_was_answered(facts, keys[request.at], request) for request in late):
        last = late[-1]
        tally.breach(
            "key-blocked-for-ever",
            f"nothing was wrong for {last.op.invoked.time_ms - since_ms} ms and {last.order} is still not answered",
            *(request.at for request in late),
            last.returned,
        )


def _last_fault_over_ms(facts: OrderFacts) -> int:
    """Return when the last fault was over that landed at all."""
    since_ms = 0
    lasting = {fault.index: fault for fault in facts.faults}
    for event in facts.events:
        if event.kind == "receipt" and event.ref in lasting:
            value = lasting[event.ref].value
            value = value if isinstance(value, dict) else {}
            since_ms = max(since_ms, event.time_ms + int(value.get("for_ms") or value.get("down_ms") or 0))
        elif event.kind in ("heal", "restart", "crash"):
            since_ms = max(since_ms, event.time_ms)
    return since_ms


def _patience_ms(tally: Tally) -> int:
    """Return how long a request and what it left behind can be under way: three messages until their clients give up."""
    return 3 * _io_timeout_ms(tally) + int(tally.profile.knobs.get("key_lease_ms", 0))


def _io_timeout_ms(tally: Tally) -> int:
    return int(tally.profile.knobs.get("io_timeout_ms", _IO_TIMEOUT_MS))


def _was_answered(facts: OrderFacts, key: str, request: Request) -> bool:
    completed = request.op.completed
    if completed is None:
        return False
    value = completed.value if isinstance(completed.value, dict) else {}
    if completed.kind == "ok" or value.get("status") in _ANSWERS:
        return True
    return completed.kind == "fail" and exists_elsewhere(facts, key, request, completed.index)
