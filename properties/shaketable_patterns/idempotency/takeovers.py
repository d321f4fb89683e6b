"""ID-3: a request that took a key over is the one that completes it."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.mapping.history_index import Change
from shaketable.mapping.ops import Asked
from shaketable.mapping.value_paths import text
from shaketable_patterns.idempotency.facts import DONE, RUNNING, KeyFacts, Work

_IN_WORK_MAX = 8
"""Among more it is not known who did what; one for whom nothing is known is among them to the end."""


def who_claimed_completes(work: Work, tally: Tally) -> None:
    """Judge that of several processes that claim records, none completes the claim of another.

    The writer counts, whatever the column `owner` says. A process that never claims may complete for those that do.
    """
    for facts in work.keys:
        if len({one.process for one in facts.changes}) < 2:
            continue
        claims = [one for one in facts.changes if _claims(facts, one)]
        claimers = {one.process for one in claims}
        if len(claimers - {""}) < 2:
            continue
        claimed = {one.number: one for one in claims}
        for change in facts.changes:
            before = change.before
            claim = claimed.get(before.number) if before is not None else None
            if claim is not None and change.number not in claimed and facts.reads.state(change) == RUNNING:
                claimed[change.number] = claim  # renewed
            if claim is None or facts.reads.state(change) != DONE or change.process not in claimers:
                continue
            tally.exercised += 1
            if change.process != claim.process and claim.process:
                tally.breach(
                    "stolen-record",
                    f"{claim.process} claimed key {facts.key(change)}, and {change.process} completed it",
                    claim.at,
                    change.at,
                    about=(facts.key(change),),
                )


def _claims(facts: KeyFacts, change: Change) -> bool:
    """Tell whether a change gives the record to an owner that did not have it."""
    if facts.reads.state(change) != RUNNING:
        return False
    before, owner = change.before, facts.reads.owner
    if before is None or facts.reads.state(before) != RUNNING:
        return True
    return text(owner(before)) != text(owner(change))


def who_took_over_is_answered(work: Work, tally: Tally) -> None:
    """Judge that a request that took a key over is not told "in progress" once its record is done, and the one before it "done".

    Who took it over is known where two requests were in work and the other one had claimed the key before.
    """
    if work.index.faulted("duplicate"):
        return  # a request that arrived twice claims twice
    for facts in work.keys:
        for key, changes in facts.records.items():
            requests = facts.by_key.get(key, ())
            if len(requests) > 1 and len(changes) > 2:
                for earlier, taker, taken, done in _taken_over(facts, requests, changes):
                    tally.exercised += 1
                    refused = taker.refused and taker.status in facts.role.busy
                    if refused and earlier.op.outcome == "ok":
                        tally.breach(
                            "stolen-record",
                            f"one request took key {key} over, and the one before it completed it: the first was told "
                            f"{taker.op.result}, the second {earlier.op.result}",
                            taken.at,
                            done.at,
                            earlier.returned,
                            taker.returned,
                            about=(key, taker.of),
                        )


def _taken_over(
    facts: KeyFacts, requests: list[Asked], changes: list[Change]
) -> Iterator[tuple[Asked, Asked, Change, Change]]:
    """Yield who held a key, who took it over, the change by which, and the one that completed it while both were in work."""
    places = iter(requests)
    coming = next(places, None)
    in_work: list[Asked] = []
    holder: Asked | None = None
    takeover: tuple[Asked, Asked, Change] | None = None
    for change in changes:
        while coming is not None and coming.at < change.at:
            in_work.append(coming)
            coming = next(places, None)
        in_work = [one for one in in_work if _may_be_in_work(one, change.at)]
        if len(in_work) > _IN_WORK_MAX:
            return
        if _claims(facts, change):
            others = [one for one in in_work if one is not holder]
            known = len(others) == 1 and (holder is None or len(in_work) == 2)
            new = others[0] if known else None
            takeover = (holder, new, change) if holder is not None and new is not None else None
            holder = new
        elif facts.reads.state(change) != RUNNING:
            done = facts.reads.state(change) == DONE
            if takeover is not None and done and {*map(id, in_work)} == {*map(id, takeover[:2])}:
                yield *takeover, change
            holder = takeover = None


def _may_be_in_work(request: Asked, at: int) -> bool:
    """Tell whether a request may be at work then: of one whose end is not known a commit may be on its way for ever."""
    return request.op.outcome == "info" or request.returned > at
