"""ID-1: the same key and payload again gets the stored outcome and executes nothing."""

from __future__ import annotations

from shaketable_patterns.idempotency.keys import (
    STORED_STATUSES,
    Request,
    by_key,
    exists_elsewhere,
    is_retained,
    refused,
    stored_refusal,
    stored_statuses,
    told_to_wait,
)
from shaketable_patterns.order_facts import OrderFacts, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge answers to repeated requests, and events that were written down as done and come again."""
    _same_answers(facts, tally)
    _refusals_are_kept(facts, tally)
    _none_is_refused_in_progress(facts, tally)
    _nothing_after_done(facts, tally)


def _same_answers(facts: OrderFacts, tally: Tally) -> None:
    """Judge requests after the first success: the same request gets the same answer."""
    for key, requests in by_key(facts, tally.profile).items():
        if len(requests) == 1:
            continue
        first: dict[bytes, Request] = {}
        for request in sorted(requests, key=lambda r: r.returned):
            if request.op.outcome == "ok":
                first.setdefault(request.payload, request)
        for request in requests:
            done = first.get(request.payload)
            if done is not None and done.returned < request.at and _is_remembered(done, request, tally):
                tally.exercised += 1
                _same_answer(key, done, request, tally)


def _is_remembered(done: Request, request: Request, tally: Tally) -> bool:
    assert done.op.completed is not None
    return is_retained(tally.profile, request.op.invoked.time_ms - done.op.completed.time_ms)


def _same_answer(key: str, done: Request, request: Request, tally: Tally) -> None:
    if request.op.outcome == "ok" and request.op.result != done.op.result:
        tally.breach(
            "wrong-response-replayed",
            f"key {key} was answered {done.op.result} and then {request.op.result}",
            done.returned,
            request.at,
            request.returned,
        )
    elif request.op.outcome == "fail" and refused(request.op):
        tally.breach(
            "done-key-refused",
            f"key {key} was done and its repetition was refused with {request.op.result}",
            done.returned,
            request.at,
            request.returned,
        )


def _refusals_are_kept(facts: OrderFacts, tally: Tally) -> None:
    """Judge refusals where they are kept: one that is certain is written down before it is told.

    The refusal of an order that exists under another key is certain. A request that shares its key with another, or
    was duplicated on the way, may have been refused because the other one was in work.
    """
    kept = stored_statuses(tally.profile)
    if kept is None or any(fault.name == "duplicate" for fault in facts.faults):
        return
    for key, requests in by_key(facts, tally.profile).items():
        first = requests[0]
        if not refused(first.op) or first.op.result["status"] not in kept or first.op.outcome != "fail":
            continue
        alone = len(requests) == 1 or requests[1].at > first.returned
        if alone and exists_elsewhere(facts, key, first, first.at):
            tally.exercised += 1
            if not _was_kept(facts, key, first):
                tally.breach(
                    "outcome-not-stored",
                    f"{first.order} was refused with {first.op.result['status']} and key {key} does not remember it",
                    first.at,
                    first.returned,
                    off_profile=f"{STORED_STATUSES}=201",
                )


def _was_kept(facts: OrderFacts, key: str, request: Request) -> bool:
    return any(
        change.row.get("key") == key
        and change.at < request.returned
        and change.status == "DONE"
        and stored_refusal(change) == request.op.result["status"]
        for change in facts.tables["idempotency"]
    )


def _none_is_refused_in_progress(facts: OrderFacts, tally: Tally) -> None:
    """Judge repetitions where they wait for the first request's answer: none is refused because that is in work."""
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
                    off_profile="in_progress=409",
                )


def _nothing_after_done(facts: OrderFacts, tally: Tally) -> None:
    """Judge consumers: an event that was written down as done and comes again does nothing."""
    for delivery in facts.repeated:
        record = delivery.record
        done = facts.handled.get((delivery.group, record.event_id))
        if done is None or done.at > delivery.at:
            continue
        tally.exercised += 1
        again = [m.index for m in facts.mails.get(record.event_id, ()) if m.index > delivery.at]
        if delivery.group == "notification" and again:
            tally.breach(
                "double-effect",
                f"{record.type} of {record.order} was done, came again and was mailed again",
                done.at,
                delivery.at,
                again[0],
            )
