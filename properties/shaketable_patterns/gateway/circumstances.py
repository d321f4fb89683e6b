"""The circumstances of a request: whether an instance of its route was there all the time, or none, or nothing can be said."""

from __future__ import annotations

from typing import Literal, NamedTuple

from shaketable.mapping.troubles import SETTLED_MS, Trouble
from shaketable.profile import Profile
from shaketable_patterns.gateway.facts import GatewayFacts, Sent
from shaketable_patterns.gateway.roles import Upstream

Case = Literal["calm", "beside", "one-dead", "down", ""]
"""Nothing was wrong; only other routes were in trouble; some of its instances were dead and others were there; all were dead; or not known."""


class Circumstances(NamedTuple):
    """What was so while a request was on its way, and the trouble that it is about, if any."""

    case: Case
    trouble: Trouble | None = None

    @property
    def fault(self) -> int:
        """The place of the trouble in the history; -1 without one."""
        return -1 if self.trouble is None else self.trouble.fault.index


_UNKNOWN = Circumstances("")


def circumstances_of(facts: GatewayFacts, sent: Sent, profile: Profile) -> Circumstances:
    """Return what was so, from `return_ms` before a request was sent until it ended."""
    upstream = facts.plain_upstream_of(sent)
    if upstream is None:
        return _UNKNOWN
    return_ms = profile.int("return_ms")
    near = [
        one
        for one in facts.troubles
        if one.begin_ms <= sent.end_ms + SETTLED_MS and one.end_ms >= sent.begin_ms - return_ms
    ]
    about = [(one, facts.instances_in(one)) for one in near]
    listed = {
        one: facts.is_listed(one, sent.begin_ms, sent.end_ms, profile.int("lag_ms"))
        for one in upstream.instances
    }
    if not all(instances for _, instances in about) or None in listed.values():
        return _UNKNOWN
    mine = [name for name, is_so in listed.items() if is_so]
    disturbed = {name for _, instances in about for name in instances}
    if mine and not disturbed & set(mine):
        return Circumstances("beside", near[0]) if near else Circumstances("calm", _last(facts, sent))
    return _with_outages(facts, sent, upstream, mine, disturbed, profile)


def _with_outages(
    facts: GatewayFacts,
    sent: Sent,
    upstream: Upstream,
    mine: list[str],
    disturbed: set[str],
    profile: Profile,
) -> Circumstances:
    until_ms = min(sent.end_ms, sent.begin_ms + profile.int("prompt_ms"))
    outages = {name: _outage(facts, name, sent.begin_ms - SETTLED_MS, until_ms) for name in mine}
    if mine and all(outages.values()):
        return Circumstances("down", outages[mine[0]])
    since_ms = sent.begin_ms - profile.int("detect_ms")
    dead = {name: _outage(facts, name, since_ms, sent.end_ms) for name in mine if name in disturbed}
    if len(upstream.instances) > 1 and len(dead) < len(mine) and all(dead.values()):
        return Circumstances("one-dead", next(iter(dead.values())))
    return _UNKNOWN


def _outage(facts: GatewayFacts, name: str, since_ms: int, until_ms: int) -> Trouble | None:
    """Return what kept an instance from being reached from one moment to another."""
    for one in facts.troubles:
        value = one.fault.value if isinstance(one.fault.value, dict) else {}
        off = one.fault.kind == "crash" and one.fault.process == name
        link = value.get("sender"), value.get("receiver")
        cut = one.fault.name == "partition" and link == (facts.gateway.part, name)
        if (off or cut) and one.begin_ms <= since_ms and one.end_ms > until_ms + SETTLED_MS:
            return one
    return None


def _last(facts: GatewayFacts, sent: Sent) -> Trouble | None:
    """Return the last thing that was wrong before a request was sent."""
    before = [one for one in facts.troubles if one.end_ms < sent.begin_ms and not one.busy]
    return before[-1] if before else None
