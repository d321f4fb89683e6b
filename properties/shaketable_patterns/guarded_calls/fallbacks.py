"""CB-11: what is answered instead of the outside asks no other there, and keeps no client waiting."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.calm_since import patience_ms
from shaketable.profile import Profile
from shaketable_patterns.guarded_calls.facts import Asked, CallsFacts
from shaketable_patterns.guarded_calls.trips import trips


def no_call_outside(facts: CallsFacts, tally: Tally) -> None:
    """Judge each answer without the outside: at most one call was made for it, none if it was refused, and none elsewhere."""
    for role in facts.guarded:
        for one in facts.asked(role):
            if not one.instead or any(one.begun_ms <= ms <= one.ended_ms for ms in facts.troubles.doubled_ms):
                continue
            tally.exercised += 1
            if one.elsewhere_at:
                tally.breach(
                    "fallback-calls-out",
                    f"{role.op} {one.of} was answered without {role.call.partner}, and another was asked for it",
                    one.begun,
                    one.elsewhere_at[0],
                    one.ended,
                    about=(one.of,),
                )
            allowed = 0 if one.open or one.full else 1
            if len(one.calls_at) > allowed:
                tally.breach(
                    "call-repeated" if allowed else "fallback-calls-out",
                    f"{role.op} {one.of} was answered without {role.call.partner}, which was asked for it "
                    f"{len(one.calls_at)} times",
                    one.begun,
                    *one.calls_at[: allowed + 1],
                    one.ended,
                    about=(one.of,),
                )


def answers_in_time(facts: CallsFacts, tally: Tally) -> None:
    """Judge how long it takes what the outside does not answer: its bound, and the call's time-out if it was made at all."""
    prompt_ms, timeout_ms = tally.profile.int("prompt_ms"), tally.profile.int("call_timeout_ms")
    wait_ms = tally.profile.int("wait_ms")
    for role in facts.guarded:
        known = trips(facts, role, tally.profile)
        for one in facts.asked(role):
            if one.served or one.repeated or excused(facts, one, tally.profile):
                continue
            tally.exercised += one.instead
            rejected = one.open or one.full or any(trip.covers(one, wait_ms) for trip in known)
            bound_ms = prompt_ms if rejected else timeout_ms + prompt_ms
            if one.took_ms > bound_ms:
                tally.breach(
                    "fallback-late",
                    f"{role.op} {one.of} was not answered by {role.call.partner}, and took {one.took_ms} ms: "
                    f"its bound is {bound_ms}",
                    one.begun,
                    one.ended,
                    about=(one.of,),
                )


def excused(facts: CallsFacts, one: Asked, profile: Profile) -> bool:
    """Tell whether an answer may have been late for a reason of the subject's own, or as the machine was busy."""
    since_ms = one.begun_ms - patience_ms(profile)
    return bool(facts.troubles.within(since_ms, one.ended_ms, "")) or facts.troubles.was_busy(
        one.begun_ms, one.ended_ms
    )
