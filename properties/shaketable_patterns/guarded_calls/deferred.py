"""CW: how far a failure of one party spreads, of those that are asked at once and of those that deferred work needs."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.checkers.tally import Tally
from shaketable.history import Op
from shaketable.mapping.calm_since import patience_ms
from shaketable.mapping.history_index import CLIENT
from shaketable.mapping.value_paths import Part, compiled, text
from shaketable_patterns.guarded_calls.facts import Asked, CallsFacts
from shaketable_patterns.guarded_calls.fallbacks import excused
from shaketable_patterns.guarded_calls.roles import Deferred, Guarded


def answered_as_ever(facts: CallsFacts, tally: Tally) -> None:
    """Judge what is asked while only the party is down that the deferred work needs: it is served, within its bound."""
    prompt_ms = tally.profile.int("prompt_ms")
    for role, guarded, one in _of_both(facts):
        partner = role.done.partner
        down = [
            trouble
            for trouble in facts.troubles.within(one.begun_ms, one.begun_ms, partner)
            if trouble.end_ms >= one.begun_ms and trouble.end_ms > trouble.begin_ms
        ]
        if not down or excused(facts, one, tally.profile) or not facts.steady(guarded, one, tally.profile):
            continue
        if one.full or one.broken:
            continue
        tally.exercised += 1
        if not one.served:
            tally.breach(
                "failed-with-the-deferred",
                f"{role.op} {one.of} was not answered as ever while {partner} was down",
                down[0].fault.index,
                one.begun,
                one.ended,
                about=(one.of,),
            )
        elif one.took_ms > prompt_ms:
            tally.breach(
                "late-with-the-deferred",
                f"{role.op} {one.of} took {one.took_ms} ms while {partner} was down, and its bound is {prompt_ms}",
                down[0].fault.index,
                one.begun,
                one.ended,
                about=(one.of,),
            )


def prompt_without_the_asked(facts: CallsFacts, tally: Tally) -> None:
    """Judge what is asked while the party is down that has to be asked: it is answered, whatever it is, in the time of one call."""
    bound_ms = tally.profile.int("call_timeout_ms") + tally.profile.int("prompt_ms")
    for role, guarded, one in _of_both(facts):
        down = facts.troubles.within(one.begun_ms, one.begun_ms, guarded.call.partner)
        if not down or excused(facts, one, tally.profile):
            continue
        tally.exercised += 1
        if one.took_ms > bound_ms:
            tally.breach(
                "hangs-with-the-asked",
                f"{role.op} {one.of} took {one.took_ms} ms while {guarded.call.partner} was down, and its bound is "
                f"{bound_ms}",
                down[0].fault.index,
                one.begun,
                one.ended,
                about=(one.of,),
            )


def goes_on_without_the_asked(facts: CallsFacts, tally: Tally) -> None:
    """Judge deferred work while parties are down that it does not need: it is done in its time all the same."""
    late_ms = tally.profile.int("deferred_ms")
    for role in facts.deferred:
        partner = role.done.partner
        made = facts.made(role.done)
        others = sorted(facts.partners - {partner})
        for op, of in _accepted(facts, role):
            assert op.completed is not None
            since_ms = op.completed.time_ms
            due_ms = since_ms + late_ms
            for trouble in facts.troubles.within(
                since_ms - patience_ms(tally.profile), facts.end_ms, partner, ""
            ):
                if trouble.begin_ms <= due_ms:
                    due_ms = max(due_ms, trouble.end_ms + late_ms)
            down = facts.troubles.within(since_ms, due_ms, *others)
            if not down or due_ms > facts.end_ms or facts.troubles.was_busy(since_ms, due_ms):
                continue
            tally.exercised += 1
            done_ms = [facts.index.time_ms(entry.at) for entry in made.get(of, ())]
            if not any(ms <= due_ms for ms in done_ms):
                tally.breach(
                    "deferred-held-up",
                    f"what {role.op} {of} left for later was not done by {partner} within {due_ms - since_ms} ms, "
                    f"while {down[0].at} was down",
                    op.completed.index,
                    down[0].fault.index,
                    about=(of,),
                )


def done_in_the_end(facts: CallsFacts, tally: Tally) -> None:
    """Judge, when all is quiet, what was accepted: it was done, once, and nothing was done that had been refused."""
    for role in facts.deferred:
        made = facts.made(role.done)
        for op, of in _accepted(facts, role):
            tally.exercised += 1
            assert op.completed is not None
            done = made.get(of, [])
            if not done:
                tally.breach(
                    "never-done",
                    f"{role.op} {of} was accepted, and {role.done.partner} was never asked for what it left for later",
                    op.invoked.index,
                    op.completed.index,
                    about=(of,),
                )
            elif len(done) > 1:
                tally.breach(
                    "done-twice",
                    f"what {role.op} {of} left for later was done {len(done)} times",
                    op.completed.index,
                    *(entry.at for entry in done[:2]),
                    about=(of,),
                )
        may_be = {of for op, of in _ops(facts, role) if not _was_refused(facts, op)}
        for of, entries in made.items():
            if of not in may_be:
                tally.breach(
                    "done-for-nothing",
                    f"{role.done.partner} did for {of} what no {role.op} was accepted for",
                    *(op.completed.index for op, other in _ops(facts, role) if other == of and op.completed),
                    entries[0].at,
                    about=(of,),
                )


def _was_refused(facts: CallsFacts, op: Op) -> bool:
    """Tell whether the subject itself said no: where something went wrong on the way to it, the network may have said so."""
    if op.outcome != "fail" or op.completed is None:
        return False
    troubles = facts.troubles.within(op.invoked.time_ms, op.completed.time_ms, "")
    places = [
        trouble.fault.value.get("at", "") for trouble in troubles if isinstance(trouble.fault.value, dict)
    ]
    return not any(str(place).startswith(f"{CLIENT}>") for place in places)


def _ops(facts: CallsFacts, role: Deferred) -> Iterator[tuple[Op, str]]:
    of = compiled(role.of)
    for op in facts.index.ops(role.op):
        yield op, text(of(Part(field=op.invoked.value, answer=op.result)))


def _accepted(facts: CallsFacts, role: Deferred) -> Iterator[tuple[Op, str]]:
    return ((op, of) for op, of in _ops(facts, role) if op.outcome == "ok")


def _of_both(facts: CallsFacts) -> Iterator[tuple[Deferred, Guarded, Asked]]:
    """Yield the ops that ask a party at once and leave work for later."""
    for role in facts.deferred:
        for guarded in facts.guarded:
            if guarded.op == role.op:
                for one in facts.asked(guarded):
                    yield role, guarded, one
