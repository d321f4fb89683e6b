"""SR-5: what replicas say of one instance, and what clients have while registries are away."""

from __future__ import annotations

from itertools import pairwise

from shaketable.checkers.tally import Tally
from shaketable_patterns.service_registry.facts import Listed, RegistryFacts
from shaketable_patterns.service_registry.presence import Presence
from shaketable_patterns.service_registry.troubles import Trouble


def replicas_agree(facts: RegistryFacts, tally: Tally) -> None:
    """Compare what two replicas answer one after the other of each instance that nothing happened to for a while."""
    bounds, _ = facts.under(tally.profile)
    direct = [one for one in facts.listings if one.is_direct]
    for one, other in pairwise(direct):
        if one.at == other.at or other.begun_ms - one.ended_ms > bounds.heartbeat_ms:
            continue
        for who in facts.presences:
            since_ms = one.begun_ms - bounds.back_ms(is_direct=True)
            stay = who.throughout(max(0, since_ms), other.ended_ms)
            if stay is None or stay.state not in ("present", "left"):
                continue
            if facts.disturbed(tally.profile, since_ms, other.ended_ms, who.member.part):
                continue
            tally.exercised += 1
            name = who.member.listed_as
            says, differs = one.places.get(name, ()), other.places.get(name, ())
            if set(says) != set(differs):
                told = f"{one.at} says {_told(says)} of {name}, and {other.at} says {_told(differs)}"
                tally.breach("replicas-differ", told, one.index, other.index, about=(who.member.part,))


def _told(addresses: tuple[str, ...]) -> str:
    return " and ".join(addresses) if addresses else "nothing"


def copies_are_kept(facts: RegistryFacts, tally: Tally) -> None:
    """Compare two answers of a client that reached no registry from before the first until after the second."""
    for at in _clients(facts):
        asked = [one for one in facts.asked if one.at == at]
        for before, after in pairwise(asked):
            if before.op.outcome != "ok" or after.op.outcome == "info":
                continue
            if not facts.reaches_none(at, before.begun_ms, after.ended_ms, tally.profile):
                continue
            if _own(facts, tally, at, before, after):
                continue
            tally.exercised += 1
            if after.op.outcome != "ok" or after.places != before.places:
                told = f"{at} reached no registry, and answered {len(before.places)} instances and then {len(after.places)}"
                tally.breach("copy-lost", told, before.index, after.index, about=(at,))


def _own(facts: RegistryFacts, tally: Tally, at: str, before: Listed, after: Listed) -> list[Trouble]:
    """Return what was wrong with a client itself, or on the way to it."""
    _, troubles = facts.under(tally.profile)
    return [
        one
        for one in troubles
        if one.of(at) and one.within(before.begun_ms, after.ended_ms)
        if not set(one.parties) & set(facts.registries)
    ]


def _clients(facts: RegistryFacts) -> list[str]:
    return list(dict.fromkeys(one.at for one in facts.asked if not one.is_direct))


def an_outage_takes_nothing_away(facts: RegistryFacts, tally: Tally) -> None:
    """Look for each instance that lives, heartbeats and was listed before registries were lost, in what a client says afterwards."""
    bounds, troubles = facts.under(tally.profile)
    for at in _clients(facts):
        mine = [one for one in facts.listings if one.at == at]
        for before, after in pairwise(mine):
            lost = [
                one
                for one in troubles
                if one.kind == "down" and one.parties[0] in facts.registries
                if one.within(before.begun_ms, after.ended_ms)
            ]
            if not lost:
                continue
            since_ms = before.begun_ms - bounds.steady_ms
            for who in facts.presences:
                if _was_well(facts, tally, who, at, since_ms, after.ended_ms) and _has(before, who):
                    tally.exercised += 1
                    if not _has(after, who):
                        told = (
                            f"{at} lists {who.member.listed_as} no more, since {lost[0].parties[0]} was away"
                        )
                        tally.breach(
                            "outage-empties",
                            told,
                            lost[0].at,
                            before.index,
                            after.index,
                            about=(who.member.part,),
                        )


def _has(listed: Listed, who: Presence) -> bool:
    return who.member.listed_as in listed.places


def _was_well(
    facts: RegistryFacts, tally: Tally, who: Presence, at: str, since_ms: int, until_ms: int
) -> bool:
    """Tell whether an instance lived, and nothing but the loss of registries was in its way, or in the client's."""
    bounds, _ = facts.under(tally.profile)
    stay = who.throughout(max(0, since_ms), until_ms)
    if stay is None or stay.state != "present":
        return False
    found = facts.disturbed(tally.profile, since_ms, until_ms, who.member.part, at)
    del bounds
    return all(_is_loss(one, facts.registries, at) for one in found)


def _is_loss(trouble: Trouble, registries: tuple[str, ...], at: str) -> bool:
    if trouble.kind in ("down", "start"):
        return set(trouble.parties) <= set(registries)
    return at in trouble.parties and len(set(trouble.parties) & set(registries)) == 1
