"""CB seen from outside: what is let through once a breaker has seen failures enough, at half-open, and after everything healed."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.profile import Profile
from shaketable_patterns.guarded_calls.facts import Asked, CallsFacts
from shaketable_patterns.guarded_calls.roles import Guarded
from shaketable_patterns.guarded_calls.trips import Trip, may_trip_until_ms, probes, trips


def it_trips(facts: CallsFacts, tally: Tally) -> None:
    """Judge what is asked while a breaker must be open: nothing of it goes outside before another call was refused."""
    for role, trip, one in _while_open(facts, tally):
        tally.exercised += 1
        if one.admitted and not _refused_before(one, trip, facts.asked(role)):
            tally.breach(
                "did-not-reopen" if trip.again else "did-not-trip",
                f"{role.op} {one.of} reached {role.call.partner} after its breaker had seen failures enough",
                trip.last.ended,
                one.begun,
                one.calls_at[0],
                about=(one.of,),
            )


def it_waits(facts: CallsFacts, tally: Tally) -> None:
    """Judge what is asked once a call was refused: nothing goes outside before the wait is over."""
    for role, trip, one in _while_open(facts, tally):
        if not _refused_before(one, trip, facts.asked(role)):
            continue
        tally.exercised += 1
        if one.admitted:
            tally.breach(
                "admitted-before-wait",
                f"{role.op} {one.of} reached {role.call.partner} before the wait of its breaker was over",
                trip.last.ended,
                one.begun,
                one.calls_at[0],
                about=(one.of,),
            )


def it_trips_only_then(facts: CallsFacts, tally: Tally) -> None:
    """Judge what is asked where no call has failed and nothing was wrong: it reaches the outside, or a full pool."""
    for role in facts.guarded:
        for one in facts.asked(role):
            if not (one.served or one.instead) or not facts.steady(role, one, tally.profile):
                continue
            tally.exercised += 1
            if _refused(one, tally.profile):
                tally.breach(
                    "tripped-early",
                    f"{role.op} {one.of} did not reach {role.call.partner}, of which no call had failed",
                    one.begun,
                    one.ended,
                    about=(one.of,),
                )


def probes_are_few(facts: CallsFacts, tally: Tally) -> None:
    """Judge the calls that are let through behind a wait: if those that are permitted fail, no other is among them."""
    permits, wait_ms = tally.profile.int("half_open_permits"), tally.profile.int("wait_ms")
    percent = tally.profile.int("failure_rate_percent")
    for role in facts.guarded:
        asked = facts.asked(role)
        for trip in trips(facts, role, tally.profile):
            through = probes(trip, asked, facts.troubles.crashes_ms)
            first = through[:permits]
            failures = sum(one.failed for one in first)
            if not first or failures * 100 < percent * permits:
                continue
            if first[0].admitted_by_ms < trip.since_ms + wait_ms:
                continue  # it did not wait, and that is judged by itself
            over_ms = first[0].begun_ms + wait_ms
            beside = [one for one in asked if first[0].begun_ms <= one.begun_ms < over_ms]
            tally.exercised += len(beside) > permits
            for one in through[permits : permits + 1]:
                if (
                    not one.repeated
                    and one.admitted_by_ms < over_ms
                    and one.begun_ms <= max(other.ended_ms for other in first)
                ):
                    tally.breach(
                        "half-open-overadmission",
                        f"{permits + 1} calls of {role.op} reached {role.call.partner} after the wait, "
                        f"and {permits} are permitted",
                        *(other.calls_at[0] for other in (*first, one)),
                        about=(one.of,),
                    )


def it_closes_again(facts: CallsFacts, tally: Tally) -> None:
    """Judge what is asked long after everything healed, if nothing failed since: it reaches the outside."""
    profile = tally.profile
    slack_ms = profile.int("call_timeout_ms") + profile.int("prompt_ms")
    for role in facts.guarded:
        asked = facts.asked(role)
        partner = role.call.partner

        def may_have_failed(other: Asked, partner: str = partner) -> bool:
            """Tell whether a call may have failed, also one that never arrived: it was late, or something was wrong on its way."""
            late = other.admitted or other.took_ms >= profile.int("call_timeout_ms")
            wrong = late or facts.troubles.within(other.begun_ms, other.ended_ms, partner)
            return not other.served and bool(wrong)

        for one in asked:
            if not (one.served or one.instead):
                continue
            before = [other for other in asked if other is not one and other.begun_ms <= one.ended_ms]
            if any(other.overlaps(one) for other in before):
                continue
            calm_ms = may_trip_until_ms(before, may_have_failed, profile)
            troubles = facts.troubles.within(0, one.ended_ms, role.call.partner, "")
            calm_ms = max([calm_ms, *(trouble.end_ms for trouble in troubles)])
            if one.begun_ms <= calm_ms + profile.int("wait_ms") + slack_ms:
                continue
            tally.exercised += calm_ms > 0
            if _refused(one, profile):
                tally.breach(
                    "stuck-open",
                    f"{role.op} {one.of} did not reach {role.call.partner} though nothing failed for "
                    f"{one.begun_ms - calm_ms} ms",
                    max((other.ended for other in before), default=-1),
                    one.begun,
                    one.ended,
                    about=(one.of,),
                )


def _refused(one: Asked, profile: Profile) -> bool:
    """Tell whether a breaker can only have refused it: no call of it arrived, there was no time for a time-out, and no pool was full."""
    return one.instead and not one.admitted and not one.full and one.took_ms < profile.int("call_timeout_ms")


def _while_open(facts: CallsFacts, tally: Tally) -> list[tuple[Guarded, Trip, Asked]]:
    """Return what was asked, and could have gone outside, while a breaker must have been open."""
    wait_ms = tally.profile.int("wait_ms")
    return [
        (role, trip, one)
        for role in facts.guarded
        for trip in trips(facts, role, tally.profile)
        for one in facts.asked(role)
        if one.begun_ms > trip.by_ms
        and not one.repeated
        and one.admitted_by_ms < trip.since_ms + wait_ms
        and not any(trip.since_ms <= ms <= one.ended_ms for ms in facts.troubles.crashes_ms)
    ]


def _refused_before(one: Asked, trip: Trip, asked: list[Asked]) -> bool:
    """Tell whether another call was refused between the trip and this one."""
    return any(
        other.instead and not other.admitted and trip.by_ms < other.begun_ms and other.ended_ms < one.begun_ms
        for other in asked
    )
