"""ID-1: the same key and payload again gets the stored outcome and executes nothing."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.errors import UsageError
from shaketable.mapping.ops import Asked
from shaketable.profile import Profile
from shaketable_patterns.idempotency import retention
from shaketable_patterns.idempotency.facts import DONE, KeyFacts, Work

_STORED = "stored_statuses"
WRONG = 400
"""Bad Request: it would be refused under any key."""


def same_request_same_answer(work: Work, tally: Tally) -> None:
    """Judge ID-1: after the first success, the same request is answered with the same words."""
    for facts in work.keys:
        for key, requests in facts.by_key.items():
            if len(requests) == 1:
                continue
            first: dict[bytes, Asked] = {}
            for request in sorted(requests, key=lambda r: r.returned):
                if request.op.outcome == "ok":
                    first.setdefault(request.exactly, request)
            for request in requests:
                done = first.get(request.exactly)
                if (
                    done is not None
                    and done.returned < request.at
                    and not _forgotten(requests, request, tally)
                ):
                    tally.exercised += 1
                    _same_answer(key, done, request, tally)


def _forgotten(requests: list[Asked], request: Asked, tally: Tally) -> bool:
    """Tell whether the key is older than keys are kept, counted from its first request: that may be what was executed."""
    first_ms = min(one.op.invoked.time_ms for one in requests)
    return retention.is_over(tally.profile, first_ms, request.op.invoked.time_ms)


def _same_answer(key: str, done: Asked, request: Asked, tally: Tally) -> None:
    if request.op.outcome == "ok" and request.op.result != done.op.result:
        tally.breach(
            "wrong-response-replayed",
            f"key {key} was answered {done.op.result} and then {request.op.result}",
            done.returned,
            request.at,
            request.returned,
            about=(key, done.of, request.of),
        )
    elif request.refused:
        tally.breach(
            "done-key-refused",
            f"key {key} was done and its repetition was refused with {request.op.result}",
            done.returned,
            request.at,
            request.returned,
            about=(key, request.of),
        )


def none_is_refused_in_progress(work: Work, tally: Tally) -> None:
    """Judge ID-1 where a repetition waits for the first request's answer: none is told that the first is in progress."""
    if tally.profile.knobs.get("in_progress") != "wait":
        return
    for facts in work.keys:
        for key, requests in facts.by_key.items():
            for request in requests[1:]:
                tally.exercised += 1
                if told_to_wait(facts, request, tally.profile):
                    tally.breach(
                        "refused-in-progress",
                        f"key {key} was in work, and {request.of} was refused with {request.op.result}",
                        requests[0].at,
                        request.at,
                        request.returned,
                        about=(key, request.of),
                        off_profile="in_progress=409",
                    )


def told_to_wait(facts: KeyFacts, request: Asked, profile: Profile) -> bool:
    """Tell whether a refusal has no other reason.

    The request is not wrong in itself, the key was not misused, and what is asked for is not another key's.
    """
    return (
        request.refused
        and request.status not in (WRONG, *facts.role.misused)
        and not facts.exists_already(request, request.returned, profile)
    )


def refusals_are_kept(work: Work, tally: Tally) -> None:
    """Judge ID-1 where refusals are kept: one that is certain was written down before it was told.

    Certain is the refusal of what exists under another key. A request that shares its key, or was sent twice on the way,
    may have been refused because the other one was in work.
    """
    kept = stored_statuses(tally.profile)
    if kept is None or work.index.faulted("duplicate"):
        return
    for facts in work.keys:
        for key, requests in facts.by_key.items():
            first = requests[0]
            if not first.refused or first.status not in kept:
                continue
            alone = len(requests) == 1 or requests[1].at > first.returned
            if alone and facts.exists_elsewhere(first, first.at):
                tally.exercised += 1
                if not _was_kept(facts, key, first):
                    tally.breach(
                        "outcome-not-stored",
                        f"{first.of} was refused with {first.status} and key {key} does not remember it",
                        first.at,
                        first.returned,
                        about=(first.of, key),
                        off_profile=f"{_STORED}=201",
                    )


def stored_statuses(profile: Profile) -> frozenset[int] | None:
    """Return the statuses that are kept; None if the profile does not say.

    Raises UsageError for anything but a list of statuses.
    """
    declared = profile.knobs.get(_STORED)
    if declared is None:
        return None
    words = [word.strip() for word in str(declared).split(",")]
    if not all(word.isdigit() for word in words):
        raise UsageError(f'profile {profile.name!r}: {_STORED} must be like "201,409", got {declared!r}')
    return frozenset(int(word) for word in words)


def _was_kept(facts: KeyFacts, key: str, request: Asked) -> bool:
    reads = facts.reads
    return any(
        change.at < request.returned
        and reads.state(change) == DONE
        and reads.outcome(change) == request.status
        for change in facts.records.get(key, ())
    )


def nothing_after_done(work: Work, tally: Tally) -> None:
    """Judge ID-1 for consumers: an event that was written down as done and comes again does nothing."""
    for facts in work.groups:
        for consumer in facts.consumers:
            for given in consumer.repeated:
                mark = consumer.marks.get(given.id)
                if mark is None or mark.at > given.at:
                    continue
                tally.exercised += 1
                again = [done for done in consumer.effects(given) if done.at > given.at]
                if again:
                    tally.breach(
                        "double-effect",
                        f"{given.type or 'a record'} of {given.of} was done, came again and was done again",
                        mark.at,
                        given.at,
                        again[0].at,
                        about=(given.of,),
                    )
