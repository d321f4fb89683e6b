"""ID-4: a key whose request came to nothing can be used again."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.calm_since import calm_since_ms, io_timeout_ms, patience_ms
from shaketable.mapping.history_index import Change
from shaketable.mapping.ops import Asked
from shaketable.profile import Profile
from shaketable_patterns.idempotency.facts import DELETED, RUNNING, KeyFacts, Work
from shaketable_patterns.idempotency.stored_outcome import WRONG, told_to_wait

_REQUESTS = 2
"""One may be unlucky where the machine is slow; the next one is not unlucky too."""


def refused_only_within_a_lease(work: Work, tally: Tally) -> None:
    """Judge that a refusal "in progress" has a request in progress: the record's last change is within its lease."""
    lease_ms = int(tally.profile.knobs.get("key_lease_ms", 0))
    stepped = work.index.faulted("clock_step")
    for facts, key, requests, place in _later(work):
        request = requests[place]
        claimed = _last(facts.records[key], request.returned)
        if claimed is None or facts.reads.state(claimed) != RUNNING:
            continue
        tally.exercised += 1
        age_ms = request.op.invoked.time_ms - work.index.time_ms(claimed.at)
        if told_to_wait(facts, request, tally.profile) and age_ms > lease_ms and not stepped:
            tally.breach(
                "key-blocked-for-ever",
                f"its key was taken {age_ms} ms ago (the lease is {lease_ms} ms) and {request.of} is still refused",
                claimed.at,
                request.at,
                request.returned,
                about=(request.of, key),
            )


def given_back_is_free(work: Work, tally: Tally) -> None:
    """Judge that nothing is in progress under a key that was given back and that no other request asked for since.

    A service that gave it back may still wait for the answer to that, for as long as a client of the database does. A
    service that restarted remembers nothing, so that is no excuse. Where a request came twice its copy may be what is in work.
    """
    wait_ms = io_timeout_ms(tally.profile)
    excused = work.index.faulted("pause", "duplicate")
    for facts, key, requests, place in _later(work):
        request = requests[place]
        last = _last(facts.records[key], request.at)
        if last is None or facts.reads.state(last) != DELETED:
            continue
        before = requests[:place]
        # One that was asked for later, but before this was answered, may have come first.
        asked_since = [r for r in (*before, *requests[place + 1 :]) if last.at < r.at < request.returned]
        if asked_since or sum(other.op.outcome == "info" for other in before) > 1:
            continue
        tally.exercised += 1
        age_ms = request.op.invoked.time_ms - work.index.time_ms(last.at)
        if told_to_wait(facts, request, tally.profile) and age_ms > wait_ms and not excused:
            tally.breach(
                "key-blocked-for-ever",
                f"its key was given back {age_ms} ms ago, none asked for it since, and {request.of} is still refused",
                last.at,
                request.at,
                request.returned,
                about=(request.of, key),
            )


def _later(work: Work) -> list[tuple[KeyFacts, str, list[Asked], int]]:
    """List every completed request after the first under a key of which a record was kept."""
    return [
        (facts, key, requests, place)
        for facts in work.keys
        for key, requests in facts.by_key.items()
        if key in facts.records
        for place in range(1, len(requests))
        if requests[place].op.completed is not None
    ]


def _last(record: list[Change], before: int) -> Change | None:
    return next((change for change in reversed(record) if change.at < before), None)


def no_key_stays_taken(work: Work, tally: Tally) -> None:
    """Judge that when all is quiet, no key is taken without a lease that will end."""
    if work.index.unsettled:
        return
    for facts in work.keys:
        for key, changes in facts.records.items():
            last = changes[-1]
            endless = [
                one for one in changes if facts.reads.state(one) == RUNNING and not facts.reads.until(one)
            ]
            tally.exercised += bool(endless)
            if endless and endless[-1] is last:
                tally.breach(
                    "key-blocked-for-ever",
                    f"key {key} is taken when all is quiet, and nothing will free it",
                    last.at,
                    about=(key,),
                )


def answered_in_calm(work: Work, tally: Tally) -> None:
    """Judge that a request that comes again is answered, after the last fault and the time that every client needs to give up.

    The last requests of a run are judged together: none of them, and there are at least two, came to anything.
    """
    if work.index.faulted("clock_step"):
        return  # a lease may then last as long as the step
    knobs = tally.profile.knobs
    wait_ms = patience_ms(tally.profile) + int(knobs.get("key_lease_ms", 0))
    over_ms = calm_since_ms(work.index) + wait_ms
    for facts in work.keys:
        if facts.role.until and "key_lease_ms" not in knobs:
            continue  # how long a key may stay taken is not known
        requests = sorted((r for group in facts.by_key.values() for r in group), key=lambda r: r.at)
        calm = [
            request
            for group in facts.by_key.values()
            for place, request in enumerate(group)
            if request.op.invoked.time_ms >= over_ms
            and request.plays == "repeat"
            and not _in_work(group[:place], request, over_ms, wait_ms)
        ]
        calm.sort(key=lambda request: request.at)
        before = [r for r in requests if r.op.invoked.time_ms < over_ms]
        if len(calm) < _REQUESTS or not before:
            continue
        tally.exercised += len(calm)
        if not any(_was_answered(facts, request, tally.profile) for request in calm):
            last = calm[-1]
            tally.breach(
                "key-blocked-for-ever",
                f"nothing was wrong for {last.op.invoked.time_ms - over_ms + wait_ms} ms and {last.of} is still not "
                "answered",
                *(request.at for request in calm),
                last.returned,
                about=(last.of,),
            )


def _in_work(earlier: list[Asked], request: Asked, over_ms: int, wait_ms: int) -> bool:
    """Tell whether an earlier request under the same key may still be at work: then to be refused is right.

    One that came in the calm, too, and got no answer is no excuse for the next.
    """
    for other in earlier:
        came_ms = other.op.invoked.time_ms
        if other.op.completed is None or other.returned > request.at:
            return True
        unknown = other.op.outcome == "info" and other.status is None
        if unknown and came_ms < over_ms and request.op.invoked.time_ms - came_ms < wait_ms:
            return True
    return False


def _was_answered(facts: KeyFacts, request: Asked, profile: Profile) -> bool:
    if request.op.completed is None:
        return False
    if request.op.outcome == "ok" or request.status in (WRONG, *facts.role.misused):
        return True
    return request.op.outcome == "fail" and facts.exists_already(request, request.returned, profile)
