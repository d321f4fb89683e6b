"""ID-6 by the answers: one that says done has its effect, and one that says no has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.mapping.ops import Asked
from shaketable.mapping.value_paths import text
from shaketable_patterns.idempotency.facts import KeyFacts, Work


def what_was_answered_is_there(work: Work, tally: Tally) -> None:
    """Judge that once all is quiet, what a client was told is done was executed.

    A key that was used for several things is not judged here: whose answer it was is another promise's question.
    """
    if work.index.unsettled:
        return
    for facts in work.keys:
        older = _made_before(facts)
        for request in _of_one_payload(facts):
            if request.op.outcome != "ok" or not request.of or request.of in older:
                continue
            tally.exercised += 1
            if request.of not in facts.executions:
                tally.breach(
                    "answer-without-effect",
                    f"{request.of} was answered {request.op.result}, and it was never made",
                    request.at,
                    request.returned,
                    about=(request.of, request.key),
                )


def a_refusal_leaves_nothing(work: Work, tally: Tally) -> None:
    """Judge that a request that was refused, the only one about its subject, left nothing once all is quiet."""
    if work.index.unsettled or work.index.faulted("duplicate"):
        return  # of a request that arrived twice, one may be refused
    for facts in work.keys:
        refused = [one for requests in facts.by_key.values() for one in requests if one.refused]
        if not refused:
            continue
        asked = Counter(request.of for requests in facts.by_key.values() for request in requests)
        for request in refused:
            if asked[request.of] > 1:
                continue
            tally.exercised += 1
            made = facts.executions.get(request.of)
            if made and made[0].at > request.at:
                tally.breach(
                    "effect-of-a-refusal",
                    f"{request.of} was refused with {request.op.result}, and it was made",
                    request.at,
                    made[0].at,
                    request.returned,
                    about=(request.of, request.key),
                )


def _of_one_payload(facts: KeyFacts) -> Iterator[Asked]:
    """Yield the requests under keys that were never used with two payloads."""
    for requests in facts.by_key.values():
        exactly = requests[0].exactly
        if all(request.exactly == exactly for request in requests):
            yield from requests


def _made_before(facts: KeyFacts) -> frozenset[str]:
    """Return what had been executed before the run."""
    if not facts.role.executes:
        return frozenset()
    effect = facts.role.executes[0]
    rows = facts.index.initial.get((effect.rows.database, effect.rows.table), ())
    return frozenset(text(effect.read_of(row)) for row in rows)
