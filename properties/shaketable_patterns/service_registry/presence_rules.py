"""SR-1 and SR-4: who lives is listed, and where it is."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_patterns.service_registry.facts import Listed, RegistryFacts
from shaketable_patterns.service_registry.presence import Presence, Stay
from shaketable_patterns.service_registry.troubles import Trouble

_ON_THE_WAY = ("busy", "partition", "latency", "drop", "cut", "hold", "server_error", "duplicate")


def live_ones_are_listed(facts: RegistryFacts, tally: Tally) -> None:
    """Look for each instance that has lived for long, and that has lost one heartbeat at most, in each listing."""
    bounds, _ = facts.under(tally.profile)
    for listed, who, stay in _present(facts, bounds):
        since_ms = listed.begun_ms - bounds.steady_ms
        if stay.since_ms > max(0, since_ms):
            continue
        troubles = facts.disturbed(tally.profile, since_ms, listed.ended_ms, who.member.part, listed.at)
        if bounds.warm_up_ms + bounds.back_ms(is_direct=listed.is_direct) <= listed.begun_ms:
            troubles = [one for one in troubles if one.kind != "start" or one.begin_ms > 0]
        if troubles and not _costs_one_heartbeat(troubles, who.member.part, bounds):
            continue
        tally.exercised += 1
        if who.member.listed_as not in listed.places:
            lost = f", although {len(troubles)} fault met a heartbeat at most" if troubles else ""
            told = f"{listed.at} does not list {who.member.listed_as}, which has been there for long{lost}"
            tally.breach(
                "missing", told, *[one.at for one in troubles], listed.index, about=(who.member.part,)
            )


def _costs_one_heartbeat(troubles: list[Trouble], part: str, bounds: Bounds) -> bool:
    if any(one.kind not in _ON_THE_WAY or not one.of(part) for one in troubles):
        return False
    begin_ms = min(one.begin_ms for one in troubles)
    return max(one.end_ms for one in troubles) - begin_ms <= bounds.one_heartbeat_ms


def lost_ones_come_back(facts: RegistryFacts, tally: Tally) -> None:
    """Look for each instance that lives, and that nothing has hindered for a while, although something did before."""
    bounds, troubles = facts.under(tally.profile)
    for listed, who, stay in _present(facts, bounds):
        since_ms = listed.begun_ms - bounds.back_ms(is_direct=listed.is_direct)
        if facts.disturbed(tally.profile, since_ms, listed.ended_ms, who.member.part, listed.at):
            continue
        if stay.at < 0 and not any(one.end_ms < since_ms and one.kind != "start" for one in troubles):
            continue
        tally.exercised += 1
        if who.member.listed_as not in listed.places:
            told = f"{listed.at} does not list {who.member.listed_as}, which nothing has hindered for {listed.begun_ms - since_ms} ms"
            tally.breach("not-back", told, stay.at, listed.index, about=(who.member.part,))


def restarted_ones_are_where_they_are(facts: RegistryFacts, tally: Tally) -> None:
    """Look for addresses of an instance that it was given before its latest start."""
    bounds, _ = facts.under(tally.profile)
    for listed, who, _ in _present(facts, bounds):
        since_ms = listed.begun_ms - bounds.back_ms(is_direct=listed.is_direct)
        start = who.start_by(listed.begun_ms)
        if start is None or facts.disturbed(
            tally.profile, since_ms, listed.ended_ms, who.member.part, listed.at
        ):
            continue
        tally.exercised += 1
        for address in listed.places.get(who.member.listed_as, ()):
            if (at := who.addresses.get(address, start.at)) < start.down_at:
                told = (
                    f"{listed.at} lists {who.member.listed_as} at {address}, where it was before it restarted"
                )
                tally.breach("old-address", told, at, start.at, listed.index, about=(who.member.part,))


def _present(facts: RegistryFacts, bounds: Bounds) -> Iterator[tuple[Listed, Presence, Stay]]:
    """Yield each listing with each instance that had been present for long enough to be in it."""
    for listed in facts.listings:
        since_ms = listed.begun_ms - bounds.back_ms(is_direct=listed.is_direct)
        for who in facts.presences:
            stay = who.throughout(max(0, since_ms), listed.ended_ms)
            if stay is not None and stay.state == "present" and since_ms >= 0:
                yield listed, who, stay


def a_mass_silence_empties_nothing(facts: RegistryFacts, tally: Tally) -> None:
    """Look for the instances that live while all of them are cut off at once: with self-preservation they stay listed."""
    bounds, troubles = facts.under(tally.profile)
    for before, listed in _consecutive(facts):
        live = [
            who
            for who in facts.presences
            if (stay := who.throughout(before.begun_ms, listed.ended_ms)) is not None
            if stay.state == "present" and who.member.listed_as in before.places
        ]
        long_ms = listed.begun_ms - bounds.lease_ms - bounds.sweep_ms
        cut = [one for one in troubles if one.kind == "partition" and one.covers(long_ms, listed.ended_ms)]
        silenced = {party for one in cut for party in one.parties}
        parts = [who.member.part for who in facts.presences]
        if len(live) < len(parts) or not silenced.issuperset(parts):
            continue
        if facts.disturbed(tally.profile, before.begun_ms - bounds.steady_ms, listed.ended_ms, listed.at):
            continue
        tally.exercised += 1
        for who in live:
            if who.member.listed_as not in listed.places:
                told = f"{listed.at} lists {who.member.listed_as} no more, when all instances were cut off at once"
                tally.breach("emptied", told, before.index, listed.index, about=(who.member.part,))


def _consecutive(facts: RegistryFacts) -> Iterator[tuple[Listed, Listed]]:
    """Yield each two listings of one process that follow each other."""
    last: dict[str, Listed] = {}
    for listed in facts.listings:
        if listed.at in last:
            yield last[listed.at], listed
        last[listed.at] = listed
