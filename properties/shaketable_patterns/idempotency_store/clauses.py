"""Every clause of an idempotency store, in the order of its promises."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.checkers.tally import Tally
from shaketable_patterns.idempotency_store.promises import IS_1, IS_2, IS_3, IS_4, IS_5
from shaketable_patterns.idempotency_store.uses import Use, Uses


def done_keys_are_not_executed(uses: Uses, tally: Tally) -> None:
    """Count the calls for a key that is done, and blame one that executes."""
    for use, others in uses.pairs():
        for other in _same(use, uses.before(use, others)):
            tally.exercised += 1
            if use.entered is not None:
                assert other.done is not None
                words = f"call {use.call.number} executes {use.key}, which call {other.call.number} has done"
                tally.breach("executed-again", words, other.done.index, use.entered.index)


def done_keys_get_their_outcome(uses: Uses, tally: Tally) -> None:
    """Count the calls for a key that is done, and blame one that is refused, or gets another outcome than any of the key's."""
    for use, others in uses.pairs():
        done = use.done
        stored = _same(use, uses.before(use, others))
        if done is None or use.entered is not None or not stored or not use.is_calm:
            continue
        other = stored[0]
        assert other.done is not None
        tally.exercised += 1
        if use.is_refused:
            error = done.value["error"]
            words = f"call {use.call.number} for {use.key}, which call {other.call.number} has done, ends with {error}"
            tally.breach("done-key-refused", words, other.done.index, done.index)
        elif not any(one.is_executed and _is_same(one.result, use.result) for one in others) and not _unseen(
            others
        ):
            words = (
                f"call {use.call.number} gets {use.result!r} for {use.key}, whose outcome is {other.result!r}"
            )
            tally.breach("wrong-outcome", words, other.done.index, done.index)


def outcomes_are_of_executions(uses: Uses, tally: Tally) -> None:
    """Count the calls that get an outcome, and blame one for whose key nothing had been executed by then."""
    for use, others in uses.pairs():
        if not use.is_answered:
            continue
        tally.exercised += 1
        done = use.done
        assert done is not None
        if not any(
            one.call.returned is not None and one.call.returned.index < done.index and one.is_executed
            for one in others
        ):
            words = f"call {use.call.number} gets {use.result!r} for {use.key}, for which nothing was executed yet"
            tally.breach("wrong-outcome", words, use.start.index, done.index)


def one_at_a_time(uses: Uses, tally: Tally) -> None:
    """Count the calls for a key in progress, and blame one that executes beside the first."""
    for use, owner in _beside_owners(uses, tally):
        if use.entered is not None and _between(uses, owner, use) is None:
            words = (
                f"call {use.call.number} executes {use.key}, which call {owner.call.number} has in progress"
            )
            tally.breach("executed-twice", words, owner.call.entered[0].index, use.entered.index)


def records_are_their_owners(uses: Uses, tally: Tally) -> None:
    """Count the calls for a key in progress that another call ended meanwhile, and blame one that the record does not stop."""
    for use, owner in _beside_owners(uses, tally):
        other = _between(uses, owner, use)
        if use.entered is not None and other is not None:
            assert other.done is not None
            words = (
                f"call {owner.call.number} has {use.key} in progress, call {other.call.number} ends, and then call {use.call.number} "
                "executes it"
            )
            tally.breach(
                "stolen-record", words, owner.call.entered[0].index, other.done.index, use.entered.index
            )


def only_the_owner_completes(uses: Uses, tally: Tally) -> None:
    """Count the calls that get an outcome while another has the key in progress; blame the outcome of one that had lost it."""
    for use, others in uses.pairs():
        done = use.done
        if not use.is_answered or done is None:
            continue
        for owner in others:
            if not (owner.owns(use.start.index, use.start.time_ms) and owner.owns(done.index, done.time_ms)):
                continue
            if owner.call.returned is not None and owner.call.returned.index < done.index:
                continue
            tally.exercised += 1
            words = f"call {use.call.number} gets {use.result!r} for {use.key}, which call {owner.call.number} has in progress"
            tally.breach("stolen-record", words, owner.call.entered[0].index, done.index)


def done_records_stay(uses: Uses, tally: Tally) -> None:
    """Count outcomes that are returned twice for a key, and blame one that changed within the retention."""
    for use, others in uses.pairs():
        done = use.done
        if done is None or not use.is_answered:
            continue
        for earlier in others:
            stored = next((one for one in others if one.keeps(earlier.start.index, done.time_ms)), None)
            if (
                earlier.is_answered
                and earlier.end < use.start.index
                and stored is not None
                and earlier.payload == use.payload
            ):
                assert earlier.done is not None
                tally.exercised += 1
                if not _is_same(earlier.result, use.result):
                    words = f"{use.key} is answered {earlier.result!r} (call {earlier.call.number}), then {use.result!r} (call {use.call.number})"
                    tally.breach("done-record-changed", words, earlier.done.index, done.index)


def keys_become_free(uses: Uses, tally: Tally) -> None:
    """Count the calls for a key that nothing can have in progress, and blame one that is refused, or waits for ever."""
    for use, others in uses.pairs():
        done = use.done
        if done is None or use.call.faults or (done.kind == "info" and "blocked" not in done.value):
            continue
        if any(
            one.may_block(use.start.index, use.start.time_ms) or use.start.index < one.start.index
            for one in others
        ):
            continue
        if any(one.may_be_stored(use.start.index, use.start.time_ms) for one in others):
            continue
        tally.exercised += bool(others)
        if use.is_refused or (done.kind == "info" and use.entered is None):
            last = max(others, key=lambda one: one.end, default=None)
            since = last.done.index if last is not None and last.done is not None else -1
            ended = _ending(last) if last is not None else "nothing used it before"
            end_words = f"ends with {done.value['error']}" if done.kind == "fail" else "waits for ever"
            words = (
                f"call {use.call.number} for {use.key} {end_words}, and nothing has it in progress: {ended}"
            )
            tally.breach("key-blocked", words, since, done.index)


def other_payloads_are_refused(uses: Uses, tally: Tally) -> None:
    """Count the calls with another payload than their key has, and blame one that executes or gets the other's outcome."""
    for use, others in uses.pairs():
        at = use.entered or use.done or use.start
        kept = [one for one in uses.before(use, others) if one.payload != use.payload]
        owning = [
            one
            for one in others
            if one.payload != use.payload
            and not use.is_late_entry
            and one.owns(use.start.index, use.start.time_ms)
            and one.owns(at.index, at.time_ms)
        ]
        for other in (kept + owning)[:1]:
            tally.exercised += 1
            since = other.call.entered[0].index
            if use.entered is not None:
                words = f"call {use.call.number} executes {use.key} with {use.payload}, which call {other.call.number} used with {other.payload}"
                tally.breach("other-payload-executed", words, since, use.entered.index)
            elif use.is_answered:
                words = f"call {use.call.number} gets {use.result!r} for {use.key} with {use.payload}, which was used with {other.payload}"
                tally.breach("other-outcome-returned", words, since, at.index)


def _beside_owners(uses: Uses, tally: Tally) -> list[tuple[Use, Use]]:
    """Return each use with a call that surely owned its key when it entered, or while it was refused, and count them."""
    found = []
    for use, others in uses.pairs():
        at = use.entered or use.done or use.start
        if use.is_late_entry:
            continue
        for owner in others:
            if (
                owner.payload == use.payload
                and owner.owns(at.index, at.time_ms)
                and owner.call.entered[0].index < at.index
            ):
                tally.exercised += 1
                found.append((use, owner))
    return found


def _between(uses: Uses, owner: Use, use: Use) -> Use | None:
    """Return a call for the key that ended between the owner's entry and this one's."""
    if use.entered is None or owner.entered is None:
        return None
    since, until = owner.entered.index, use.entered.index
    return next(
        (one for one in uses.of[use.key] if one not in (owner, use) and since < one.end < until), None
    )


def _same(use: Use, others: list[Use]) -> list[Use]:
    return [one for one in others if one.payload == use.payload]


def _unseen(others: list[Use]) -> bool:
    """Tell whether one executed whose result its caller never got: it may be the outcome."""
    return any(one.is_executed and (one.done is None or one.done.kind != "ok") for one in others)


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _ending(last: Use) -> str:
    done = last.done
    if done is None or done.kind == "info":
        return f"call {last.call.number} ended otherwise"
    return (
        f"call {last.call.number} ended with {done.value['error']}"
        if done.kind == "fail"
        else f"call {last.call.number} ended"
    )


RULES: tuple[Rule[Uses], ...] = (
    Rule(IS_1, "a done key is not executed", done_keys_are_not_executed),
    Rule(IS_1, "a done key gets its outcome", done_keys_get_their_outcome),
    Rule(IS_1, "an outcome is of an execution", outcomes_are_of_executions),
    Rule(IS_2, "one at a time", one_at_a_time),
    Rule(IS_3, "a record in progress is its owner's", records_are_their_owners),
    Rule(IS_3, "only the owner completes", only_the_owner_completes),
    Rule(IS_3, "a done record stays", done_records_stay),
    Rule(IS_4, "a key becomes free", keys_become_free),
    Rule(IS_5, "another payload is refused", other_payloads_are_refused, ("other_payload=refused",)),
)
