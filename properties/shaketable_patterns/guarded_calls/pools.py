"""BH seen from outside: how many calls are in flight, who is told that a pool is full, and what that does to others."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.guarded_calls.facts import Asked, CallsFacts
from shaketable_patterns.guarded_calls.fallbacks import excused
from shaketable_patterns.guarded_calls.roles import Guarded


def no_more_than_permits(facts: CallsFacts, tally: Tally) -> None:
    """Judge how many calls hang at one time. One that was in vain for all of its time-out was in flight for as long."""
    timeout_ms = tally.profile.int("call_timeout_ms")
    for role in facts.guarded:
        if not role.pool:
            continue
        # Wherever within the op the time-out began and ended, it spanned what is left when it is laid at either end.
        spans = [
            (one.ended_ms - timeout_ms, one.begun_ms + timeout_ms, one)
            for one in facts.asked(role)
            if one.failed and not one.broken and timeout_ms <= one.took_ms < 2 * timeout_ms
        ]
        for begun_ms, _, one in spans:
            flying = [other for since_ms, until_ms, other in spans if since_ms <= begun_ms < until_ms]
            tally.exercised += len(flying) >= role.pool
            if len(flying) > role.pool:
                tally.breach(
                    "over-admitted",
                    f"{len(flying)} calls of {role.op} to {role.call.partner} were in flight at one time, "
                    f"and its pool is of {role.pool}",
                    *(other.calls_at[0] for other in flying),
                    about=(one.of,),
                )


def full_only_when_full(facts: CallsFacts, tally: Tally) -> None:
    """Judge each answer that says that the pool is full: so many others were under way at that time."""
    for role in facts.guarded:
        for one in facts.asked(role):
            if not one.full or facts.troubles.within(0, one.ended_ms, ""):
                continue
            tally.exercised += 1
            others = len(_beside(facts, role, one, tally.profile.int("call_timeout_ms")))
            if others < role.pool:
                tally.breach(
                    "rejected-while-free",
                    f"{role.op} {one.of} was told that the pool is full, and {others} of {role.pool} were under way",
                    one.begun,
                    one.ended,
                    about=(one.of,),
                )


def others_go_on(facts: CallsFacts, tally: Tally) -> None:
    """Judge what is asked of one party while the pool of another is saturated, and nothing else is wrong."""
    timeout_ms, prompt_ms = tally.profile.int("call_timeout_ms"), tally.profile.int("prompt_ms")
    for role in facts.guarded:
        for one in facts.asked(role):
            saturated = _saturated(facts, role, one)
            if saturated is None or not (one.served or one.instead):
                continue
            if len(_beside(facts, role, one, timeout_ms)) >= role.pool:
                continue
            if not facts.steady(role, one, tally.profile):
                continue
            tally.exercised += 1
            when = f"while the pool of {saturated.call.partner} was saturated"
            if one.full:
                tally.breach(
                    "rejected-by-another",
                    f"{role.op} {one.of} was rejected {when}",
                    one.begun,
                    one.ended,
                    about=(one.of,),
                )
            elif one.took_ms > prompt_ms and not excused(facts, one, tally.profile):
                tally.breach(
                    "delayed-by-another",
                    f"{role.op} {one.of} took {one.took_ms} ms {when}, and its bound is {prompt_ms}",
                    one.begun,
                    one.ended,
                    about=(one.of,),
                )


def _saturated(facts: CallsFacts, role: Guarded, one: Asked) -> Guarded | None:
    """Return another role of which as many calls were asked for, and not answered, as its pool has permits."""
    for other in facts.guarded:
        if other is not role and other.call.partner != role.call.partner and other.pool:
            waiting = [each for each in facts.asked(other) if each.begun_ms <= one.begun_ms < each.ended_ms]
            if len(waiting) >= other.pool:
                return other
    return None


def _beside(facts: CallsFacts, role: Guarded, one: Asked, timeout_ms: int) -> list[Asked]:
    """Return the other ops of which a call may have been in flight while one was under way."""
    return [
        other
        for each in facts.guarded
        if each.call.partner == role.call.partner
        for other in facts.asked(each)
        if other is not one
        and other.begun_ms <= one.ended_ms
        and one.begun_ms
        <= (other.ended_ms if other.served or other.instead else other.begun_ms + 2 * timeout_ms)
    ]
