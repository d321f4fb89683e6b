"""Which outcomes are kept under a key, as the profile declares: `stored_statuses`, "201" or "201,409"."""

from __future__ import annotations

import msgspec

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.idempotency.requests import Request, by_key, exists_elsewhere, refused
from shaketable_patterns.order_facts import Change, OrderFacts, Tally

_KNOB = "stored_statuses"


def stored_statuses(profile: Profile) -> frozenset[int] | None:
    """The statuses that are kept; None if the profile does not say. UsageError for anything but a list of statuses."""
    declared = profile.knobs.get(_KNOB)
    if declared is None:
        return None
    words = [word.strip() for word in str(declared).split(",")]
    if not all(word.isdigit() for word in words):
        raise UsageError(f'profile {profile.name!r}: {_KNOB} must be like "201,409", got {declared!r}')
    return frozenset(int(word) for word in words)


def refusal(done: Change) -> int | None:
    """The status that a finished record keeps, if it is a no (4xx): that has no effect. An outage is no outcome."""
    try:
        status, _ = msgspec.json.decode(str(done.row.get("response", "")), type=tuple[int, object])
    except msgspec.DecodeError:
        return None
    return status if 400 <= status < 500 else None


def record_without_effect(done: Change, tally: Tally) -> None:
    """ID-6 for a record that is done without its order: fair for a refusal, if refusals are kept at all."""
    status, kept = refusal(done), stored_statuses(tally.profile)
    key = done.row.get("key")
    if status is None:
        tally.breach(
            "record-without-effect", f"key {key} was noted as done without its order", done.at, about=(key,)
        )
    elif kept is not None and status not in kept:
        tally.breach(
            "record-without-effect",
            f"a {status} was kept under key {key}, which stays refused; only {tally.profile.knobs[_KNOB]} is kept",
            done.at,
            about=(key,),
            off_profile=f"{_KNOB}={tally.profile.knobs[_KNOB]},{status}",
        )


def refusals_are_kept(facts: OrderFacts, tally: Tally) -> None:
    """ID-1 where refusals are kept: one that is certain was written down before it was told.

    Certain is the refusal of an order that exists under another key. Who shares a key with somebody, or was sent
    twice on the way, may have been refused because the other one was in work.
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
                    about=(first.order, key),
                    off_profile=f"{_KNOB}=201",
                )


def _was_kept(facts: OrderFacts, key: str, request: Request) -> bool:
    return any(
        change.row.get("key") == key
        and change.at < request.returned
        and change.status == "DONE"
        and refusal(change) == request.op.result["status"]
        for change in facts.tables["idempotency"]
    )
