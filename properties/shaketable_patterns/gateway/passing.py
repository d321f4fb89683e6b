"""GW-1, GW-2, GW-4 and GW-5: what passes, judged request by request, whatever goes wrong meanwhile."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.troubles import Trouble
from shaketable_patterns.gateway.facts import GatewayFacts, Sent
from shaketable_patterns.gateway.parties import parties_of
from shaketable_patterns.gateway.readings import canonical, readings

_REFUSED = (401, 403)


def bad_tokens_do_not_pass(facts: GatewayFacts, tally: Tally) -> None:
    """Judge the requests whose token must be refused: no instance sees one, and none is answered as if it were good."""
    for sent in (one for one in facts.sent if one.bad):
        tally.exercised += 1
        for seen in facts.seen_of.get(sent.of, ()):
            told = f"{seen.instance} saw {sent.of}, whose token has to be refused"
            tally.breach("bad-token-passed", told, sent.at, seen.at, about=(sent.of,))
        if sent.was_served:
            told = f"{sent.of}, whose token has to be refused, {sent.told}"
            tally.breach("bad-token-answered", told, sent.at, sent.returned, about=(sent.of,))


def good_tokens_are_accepted(facts: GatewayFacts, tally: Tally) -> None:
    """Judge the requests whose token is good: none is answered as if it were not."""
    for sent in (one for one in facts.sent if one.good and one.status is not None):
        tally.exercised += 1
        if sent.status in _REFUSED:
            told = f"{sent.of}, whose token is good, {sent.told}"
            tally.breach("good-token-refused", told, sent.at, sent.returned, about=(sent.of,))


def requests_go_where_their_path_says(facts: GatewayFacts, tally: Tally) -> None:
    """Judge what instances saw: by one reading of the path that was sent it is theirs, and they were asked for that reading."""
    by_name = {sent.of: sent for sent in facts.sent}
    for seen in facts.seen:
        sent = by_name.get(seen.of)
        if sent is None:
            continue
        tally.exercised += 1
        read = readings(sent.path)
        theirs = [one for one in read if seen.instance in _instances(facts, one)]
        if not theirs:
            told = f"{seen.instance} saw {sent.of}, sent to {sent.path}, which is not its route"
            tally.breach("misrouted", told, sent.at, seen.at, about=(sent.of,))
        elif seen.path and canonical(seen.path) not in theirs:
            told = f"{seen.instance} saw {sent.of} as {seen.path}, sent to {sent.path}"
            tally.breach("path-changed", told, sent.at, seen.at, about=(sent.of,))


def unknown_paths_are_not_answered(facts: GatewayFacts, tally: Tally) -> None:
    """Judge the requests whose path is of no route, however it is read: none is served."""
    for sent in facts.sent:
        if any(facts.upstream_of(one) is not None for one in readings(sent.path)):
            continue
        tally.exercised += 1
        if sent.was_served:
            told = f"{sent.of}, sent to {sent.path}, which is no route, {sent.told}"
            tally.breach("unknown-answered", told, sent.at, sent.returned, about=(sent.of,))


def sent_once(facts: GatewayFacts, tally: Tally) -> None:
    """Judge the requests that must not be repeated: instances see each once; a message that a fault doubled is one more."""
    for sent in (one for one in facts.sent if one.once):
        seen = facts.seen_of.get(sent.of, [])
        tally.exercised += bool(seen)
        if len(seen) > 1 and len(seen) > 1 + _doubled(facts, sent, seen[-1].time_ms):
            told = (
                f"{' and '.join(one.instance for one in seen[:2])} saw {sent.of}, which must not be repeated"
            )
            tally.breach("sent-twice", told, sent.at, *(one.at for one in seen[:2]), about=(sent.of,))


def identity_is_the_gateways(facts: GatewayFacts, tally: Tally) -> None:
    """Judge whom instances take for the user: it is the token's, and nothing else could be taken for it."""
    by_name = {sent.of: sent for sent in facts.sent}
    for seen in facts.seen:
        sent = by_name.get(seen.of)
        if sent is None or not sent.good:
            continue
        tally.exercised += 1
        if seen.user == sent.user:
            continue
        if seen.user:
            told = f"{seen.instance} may take {seen.user!r} for the user of {sent.of}, which {sent.user} sent"
            tally.breach("identity-from-outside", told, sent.at, seen.at, about=(sent.of,))
        else:
            told = f"{seen.instance} is not told that {sent.user} sent {sent.of}"
            tally.breach("identity-lost", told, sent.at, seen.at, about=(sent.of,))


def _instances(facts: GatewayFacts, path: str) -> tuple[str, ...]:
    upstream = facts.upstream_of(path)
    return () if upstream is None else upstream.instances


def _doubled(facts: GatewayFacts, sent: Sent, until_ms: int) -> int:
    """Return how many messages on the way were doubled by a fault meanwhile."""
    return sum(
        one.fault.name == "duplicate"
        and one.end_ms >= sent.begin_ms
        and one.begin_ms <= until_ms
        and _is_on_the_way(facts, one)
        for one in facts.troubles
    )


def _is_on_the_way(facts: GatewayFacts, trouble: Trouble) -> bool:
    return bool(parties_of(trouble.fault) & {facts.gateway.part, *facts.gateway.replicas})
