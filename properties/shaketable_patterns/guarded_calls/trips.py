"""When a breaker was certainly open, as far as that can be known from outside.

A breaker shows only in what it lets through, and its state at the begin of a run is not known. So one is said to be open only where
no order of what happened at one time, and no earlier state, would leave it closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec

from shaketable.profile import Profile
from shaketable_patterns.guarded_calls.facts import Asked, CallsFacts
from shaketable_patterns.guarded_calls.roles import Guarded
from shaketable_patterns.guarded_calls.window import spare_of


class Trip(msgspec.Struct, frozen=True, gc=False):
    """A breaker was open from `by_ms` on, at the latest; it had opened at `since_ms` at the earliest. `last` made it so."""

    since_ms: int
    by_ms: int
    last: Asked
    again: bool
    """Whether it was half-open before."""

    def covers(self, one: Asked, wait_ms: int) -> bool:
        """Tell whether all of an op happened while the breaker was certainly open."""
        return self.by_ms < one.begun_ms and one.ended_ms < self.since_ms + wait_ms


def _first_trips(asked: list[Asked], resets_ms: list[int], profile: Profile) -> Iterator[Trip]:
    """Yield when a breaker that may have been in any state before had certainly seen failures enough.

    The last calls that were let through are as many as fill its window, and as may have been spent in being half-open before. An opening
    among them is ruled out: for a wait nothing would have been let through.
    """
    spare = spare_of(profile)
    enough = profile.int("window_size") + profile.int("half_open_permits")
    for group in _without_pause(asked, resets_ms, profile.int("wait_ms")):
        ended = sorted(group, key=lambda one: one.ended_ms)
        for number in range(enough, len(ended) + 1):
            tail = ended[number - enough : number]
            last = tail[-1]
            first_ms = min(one.begun_ms for one in tail)
            beside = [
                one
                for one in group
                if not one.failed and one.begun_ms <= last.ended_ms and first_ms <= one.ended_ms
            ]
            if last.failed and len(beside) <= spare:
                yield Trip(max(one.begun_ms for one in tail), last.ended_ms, last, again=False)
                break


def trips(facts: CallsFacts, role: Guarded, profile: Profile) -> list[Trip]:
    """Return each time from which on a breaker was certainly open, those after failed probes among them."""
    asked, resets_ms = facts.asked(role), facts.troubles.crashes_ms
    return facts.index.once(
        ("trips", role.op, role.call.partner, profile.name),
        lambda: list(_trips(asked, resets_ms, profile)),
    )


def _trips(asked: list[Asked], resets_ms: list[int], profile: Profile) -> Iterator[Trip]:
    for trip in _first_trips(asked, resets_ms, profile):
        found: Trip | None = trip
        while found is not None:
            yield found
            found = _after_probes(found, asked, resets_ms, profile)


def probes(trip: Trip, asked: list[Asked], resets_ms: list[int]) -> list[Asked]:
    """Return the calls that were let through after it had opened, in order of their arrival."""
    until_ms = next((ms for ms in resets_ms if ms > trip.since_ms), None)
    return sorted(
        (
            one
            for one in asked
            if one.admitted and one.begun_ms > trip.by_ms and (until_ms is None or one.ended_ms < until_ms)
        ),
        key=lambda one: one.admitted_by_ms,
    )


def may_trip_until_ms(before: list[Asked], may_have_failed: Callable[[Asked], bool], profile: Profile) -> int:
    """Return until when a breaker may have opened by what was asked before: at a failure, or at a success while failures are in its window.

    A rate is looked at after every outcome. So it may reach its threshold at a success, where that makes the window full.
    """
    until_ms, good = 0, 0
    for one in sorted(before, key=lambda one: one.ended_ms):
        if may_have_failed(one):
            until_ms, good = one.ended_ms, 0
        elif one.served:
            good += 1
            until_ms = one.ended_ms if good <= spare_of(profile) else until_ms
    return until_ms


def _after_probes(trip: Trip, asked: list[Asked], resets_ms: list[int], profile: Profile) -> Trip | None:
    permits = profile.int("half_open_permits")
    first = probes(trip, asked, resets_ms)[:permits]
    if len(first) < permits or first[0].admitted_by_ms < trip.since_ms + profile.int("wait_ms"):
        return None
    failures = sum(one.failed for one in first)
    if failures * 100 < profile.int("failure_rate_percent") * permits or any(
        not (one.failed or one.served) for one in first
    ):
        return None
    last = max(first, key=lambda one: one.ended_ms)
    return Trip(first[0].begun_ms, last.ended_ms, last, again=True)


def _without_pause(asked: list[Asked], resets_ms: list[int], wait_ms: int) -> Iterator[list[Asked]]:
    """Yield the calls that were let through, in groups within which no breaker can have been open for its wait."""
    admitted = [one for one in asked if one.admitted]
    group = admitted[:1]
    for before, one in pairwise(admitted):
        reset = any(before.begun_ms <= ms <= one.ended_ms for ms in resets_ms)
        if reset or one.admitted_by_ms - before.begun_ms >= wait_ms:
            yield group
            group = []
        group.append(one)
    yield group
