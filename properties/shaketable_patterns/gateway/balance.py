"""GW-3: only listed instances get requests, and while nothing changes each gets as many as the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable_patterns.gateway.facts import GatewayFacts, Seen, Sent
from shaketable_patterns.gateway.roles import Upstream


def unlisted_instances_get_nothing(facts: GatewayFacts, tally: Tally) -> None:
    """Judge what instances saw that were taken off the list longer than `lag_ms` before it was sent."""
    by_name = {sent.of: sent for sent in facts.sent}
    lag_ms = tally.profile.int("lag_ms")
    for seen in facts.seen:
        sent = by_name.get(seen.of)
        if sent is None or seen.instance not in facts.listings:
            continue
        tally.exercised += 1
        if facts.is_listed(seen.instance, sent.begin_ms, seen.time_ms, lag_ms) is False:
            off = max(
                one.at
                for one in facts.listings[seen.instance]
                if not one.listed and one.begin_ms <= sent.begin_ms
            )
            told = f"{seen.instance} saw {sent.of}, which was sent long after it was taken off the list"
            tally.breach("sent-to-unlisted", told, off, sent.at, seen.at, about=(sent.of,))


def each_in_its_turn(facts: GatewayFacts, tally: Tally) -> None:
    """Judge, between changes, how many requests of each instance of the gateway went where: they differ by one at most.

    Requests under way when the time began or ended may make the difference larger, each by one.
    """
    return_ms, lag_ms = tally.profile.int("return_ms"), tally.profile.int("lag_ms")
    late_ms = tally.profile.int("prompt_ms") // 4
    by_name = {sent.of: sent for sent in facts.sent}
    for upstream in facts.upstreams:
        mine = [sent for sent in facts.sent if facts.plain_upstream_of(sent) is upstream]
        for begin_ms, end_ms in _stable(facts, upstream, mine, return_ms, lag_ms, late_ms):
            listed = [one for one in upstream.instances if facts.is_listed(one, begin_ms, end_ms, lag_ms)]
            under_way = sum(
                one.begin_ms < begin_ms <= one.end_ms or one.begin_ms <= end_ms < one.end_ms for one in mine
            )
            got = _by_gateway(facts, by_name, upstream, begin_ms, end_ms)
            if len(listed) > 1:
                for via, seen in got.items():
                    tally.exercised += 1
                    _judge_turns(tally, via, seen, listed, 1 + under_way)


def _judge_turns(tally: Tally, via: str, seen: list[Seen], listed: list[str], most: int) -> None:
    counts = Counter(one.instance for one in seen)
    least, highest = (f(listed, key=lambda name: counts[name]) for f in (min, max))
    if counts[highest] - counts[least] > most:
        told = f"of what {via or 'the gateway'} sent {counts[highest]} went to {highest} and {counts[least]} to {least}"
        shown = [one.at for one in seen if one.instance == highest][: counts[least] + most + 1]
        tally.breach("uneven", told, *shown)


def _by_gateway(
    facts: GatewayFacts, by_name: dict[str, Sent], upstream: Upstream, begin_ms: int, end_ms: int
) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for seen in facts.seen:
        sent = by_name.get(seen.of)
        inside = sent is not None and begin_ms <= sent.begin_ms and seen.time_ms <= end_ms
        if inside and seen.instance in upstream.instances:
            found.setdefault(seen.via, []).append(seen)
    return found


def _stable(
    facts: GatewayFacts, upstream: Upstream, mine: list[Sent], return_ms: int, lag_ms: int, late_ms: int
) -> Iterator[tuple[int, int]]:
    """Yield the times during which nothing changed for a route: no trouble near it, no listing, no request that failed or may have."""
    unstable = [
        (one.begin_ms, one.end_ms + lag_ms)
        for name in upstream.instances
        for one in facts.listings.get(name, ())
    ]
    for trouble in facts.troubles:
        about = facts.instances_in(trouble)
        if not about or about & set(upstream.instances):
            unstable.append((trouble.begin_ms, trouble.end_ms + return_ms))
    unstable += [
        (one.begin_ms, one.end_ms + return_ms) for one in mine if _may_have_failed(facts, one, late_ms)
    ]
    begin_ms = 0
    for since_ms, until_ms in sorted(unstable):
        if since_ms > begin_ms:
            yield begin_ms, since_ms - 1
        begin_ms = max(begin_ms, until_ms + 1)
    yield begin_ms, facts.end_ms


def _may_have_failed(facts: GatewayFacts, sent: Sent, late_ms: int) -> bool:
    """Tell whether an instance may have been taken for dead by what became of a request: it failed, took long, or was sent again."""
    failed = sent.status is None or (isinstance(sent.status, int) and sent.status >= 500)
    return failed or sent.end_ms - sent.begin_ms >= late_ms or len(facts.seen_of.get(sent.of, ())) > 1
