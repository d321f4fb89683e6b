"""GW-7: of each user no more requests pass than the limit allows, and none is refused that it allows."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.troubles import SETTLED_MS
from shaketable_patterns.gateway.facts import GatewayFacts, Seen, Sent
from shaketable_patterns.gateway.parties import parties_of


def no_more_than_the_limit(facts: GatewayFacts, tally: Tally) -> None:
    """Judge what passed of one user from any moment to any other: no more than `burst`, and `per_s` for each second between them.

    A request counts if it was sent and seen in between; a time in which the store was in trouble is not judged.
    """
    burst, per_s = tally.profile.int("burst"), tally.profile.int("per_s")
    for user, passed in _passed(facts).items():
        for place, (first, _) in enumerate(passed):
            later = [(sent, seen) for sent, seen in passed[place:] if not _store_was_lost(facts, first, seen)]
            later.sort(key=lambda one: one[1].time_ms)
            tally.exercised += len(later) > burst
            for count, (sent, seen) in enumerate(later, 1):
                span_ms = seen.time_ms - first.begin_ms + 2 * SETTLED_MS
                allowed = burst + span_ms * per_s // 1_000
                if count > allowed:
                    told = (
                        f"{count} requests of {user} passed in {span_ms} ms, and the limit allows {allowed}"
                    )
                    shown = [one.at for pair in later[:count] for one in pair]
                    tally.breach("over-the-limit", told, *shown, about=(sent.of,))
                    break


def no_less_than_the_limit(facts: GatewayFacts, tally: Tally) -> None:
    """Judge the requests that were refused for their number: in the time in which a bucket fills up, `burst` others were sent."""
    burst, per_s = tally.profile.int("burst"), tally.profile.int("per_s")
    fills_ms = burst * 1_000 // per_s + 2 * SETTLED_MS
    for sent in (one for one in facts.sent if one.good):
        others = [
            one
            for one in facts.sent
            if one is not sent
            and one.good
            and one.user == sent.user
            and one.begin_ms <= sent.end_ms
            and one.end_ms >= sent.begin_ms - fills_ms
        ]
        if len(others) >= burst or _anything_else_wrong(facts, sent, fills_ms):
            continue
        tally.exercised += 1
        if sent.was_limited:
            told = f"{sent.of} {sent.told} though {sent.user} had sent {len(others)} others in {fills_ms} ms"
            tally.breach("limited-early", told, sent.at, sent.returned, about=(sent.of,))


def _passed(facts: GatewayFacts) -> dict[str, list[tuple[Sent, Seen]]]:
    """Return what passed of each user, by when it was sent: each request once, as it was seen first."""
    found: dict[str, list[tuple[Sent, Seen]]] = {}
    for sent in facts.sent:
        seen = facts.seen_of.get(sent.of)
        if seen and sent.good:
            found.setdefault(sent.user, []).append((sent, seen[0]))
    return found


def _store_was_lost(facts: GatewayFacts, first: Sent, last: Seen) -> bool:
    return any(
        facts.gateway.store in parties_of(one.fault)
        and one.begin_ms <= last.time_ms
        and one.end_ms >= first.begin_ms
        for one in facts.troubles
    )


def _anything_else_wrong(facts: GatewayFacts, sent: Sent, before_ms: int) -> bool:
    return any(
        one.begin_ms <= sent.end_ms
        and one.end_ms >= sent.begin_ms - before_ms
        and not facts.instances_in(one)
        for one in facts.troubles
    )
