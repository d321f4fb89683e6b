"""SR-2 and SR-3: who is silent or has taken leave is listed no more, and does not come back by itself."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.service_registry.facts import Listed, RegistryFacts
from shaketable_patterns.service_registry.presence import Presence


def silent_ones_are_forgotten(facts: RegistryFacts, tally: Tally) -> None:
    """Look in each listing for instances that have been down for longer than lease, sweep and fetch."""
    bounds, _ = facts.under(tally.profile)
    for listed in facts.listings:
        for who in facts.presences:
            stay = who.throughout(listed.begun_ms, listed.ended_ms)
            if stay is None or stay.state != "silent":
                continue
            silent_ms = listed.begun_ms - stay.since_ms
            silent_ms -= facts.late_ms(tally.profile, stay.since_ms, listed.begun_ms)
            if silent_ms < bounds.gone_ms(is_direct=listed.is_direct, is_twice=bounds.is_twice):
                continue
            if facts.hindered(tally.profile, stay.since_ms, listed.ended_ms, listed.at):
                continue
            tally.exercised += 1
            if who.member.listed_as in listed.places:
                longest_ms = bounds.gone_ms(is_direct=listed.is_direct, is_twice=True)
                off = "" if bounds.is_twice or silent_ms >= longest_ms else "lease_length=twice"
                told = f"{listed.at} still lists {who.member.listed_as}, which has been silent for {silent_ms} ms"
                tally.breach(
                    "outlives-its-lease",
                    told,
                    stay.at,
                    listed.index,
                    off_profile=off,
                    about=(who.member.part,),
                )


def leavers_are_listed_no_more(facts: RegistryFacts, tally: Tally) -> None:
    """Look in each listing for instances that took leave longer ago than it takes to tell a replica and to fetch."""
    bounds, _ = facts.under(tally.profile)
    for listed in facts.listings:
        for who in facts.presences:
            stay = who.throughout(listed.begun_ms, listed.ended_ms)
            if stay is None or stay.state != "left":
                continue
            ago_ms = listed.begun_ms - stay.since_ms
            if ago_ms - facts.late_ms(tally.profile, stay.since_ms, listed.begun_ms) < bounds.shown_ms(
                is_direct=listed.is_direct
            ):
                continue
            since_ms = stay.since_ms - bounds.ask_ms
            if facts.hindered(tally.profile, since_ms, listed.ended_ms, listed.at):
                continue
            tally.exercised += 1
            if who.member.listed_as in listed.places and not _was_off(facts, listed, who, stay.since_ms):
                told = f"{listed.at} still lists {who.member.listed_as}, which took leave {ago_ms} ms ago"
                tally.breach("still-listed", told, stay.at, listed.index, about=(who.member.part,))


def _was_off(facts: RegistryFacts, listed: Listed, who: Presence, since_ms: int) -> bool:
    """Tell whether a listing of the same process had the instance no more since it took leave: then it has come back."""
    return any(
        one.at == listed.at and since_ms <= one.begun_ms and one.ended_ms < listed.begun_ms
        for one in facts.listings
        if who.member.listed_as not in one.places
    )


def nothing_late_brings_them_back(facts: RegistryFacts, tally: Tally) -> None:
    """Look whether an instance that took leave, and was listed no more, is listed again, whatever of it was on its way."""
    for listed in facts.listings:
        for who in facts.presences:
            stay = who.throughout(listed.begun_ms, listed.ended_ms)
            if stay is None or stay.state != "left" or not _was_off(facts, listed, who, stay.since_ms):
                continue
            if facts.hindered(tally.profile, stay.since_ms, listed.ended_ms, listed.at):
                continue
            tally.exercised += 1
            if who.member.listed_as in listed.places:
                told = f"{listed.at} lists {who.member.listed_as} again, which took leave and has not registered since"
                tally.breach("resurrected", told, stay.at, listed.index, about=(who.member.part,))
