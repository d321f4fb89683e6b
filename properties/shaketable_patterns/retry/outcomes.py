"""RT-5: what the caller gets in the end: the result of the attempt that succeeded, or else the error of the last one."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.history import Event
from shaketable_patterns.retry.attempts import RESULTS, Attempt, Retried, RetryFacts

FALSE_ERRORS = frozenset({"fail_falsy", "excluded_falsy"})


def the_last_error_surfaces(facts: RetryFacts, tally: Tally) -> None:
    """Count calls whose last attempt failed; blame one that ends well, or with another error."""
    for retried, last, returned, done in _ended(facts):
        if last.ending in RESULTS or last.ending in ("ok", "cancelled"):
            continue
        tally.exercised += 1
        is_lost = facts.knobs.false_errors == "lost" and last.ending in FALSE_ERRORS
        who = f"call {retried.call.number}, whose last attempt failed ({last.ending}),"
        if done.kind == "ok":
            words = f"{who} ends well, with {retried.call.result!r}"
            tally.breach("error-swallowed", words, returned.index, done.index, documented=is_lost)
        elif done.kind == "fail" and "instead_of" in done.value and facts.knobs.surfaces == "last":
            words = f"{who} ends with another error: {done.value['error']} instead of the last {done.value['instead_of']}"
            off = "" if done.value["error"] == done.value["instead_of"] else "surfaces='wrapped'"
            tally.breach(
                "error-changed", words, returned.index, done.index, off_profile=off, documented=is_lost
            )


def the_result_surfaces(facts: RetryFacts, tally: Tally) -> None:
    """Count calls whose last attempt returned; blame one that ends with something else."""
    for retried, last, returned, done in _ended(facts):
        if last.ending not in RESULTS and last.ending != "ok":
            continue
        if last.ending == "empty" and facts.knobs.retries_none and facts.knobs.none_surfaces == "error":
            continue
        tally.exercised += 1
        expected = RESULTS.get(last.ending, f"result-{retried.call.number}")
        got = retried.call.result
        if done.kind == "ok" and type(got) is type(expected) and got == expected:
            continue
        what = f"returns {got!r}" if done.kind == "ok" else f"raises {done.value['error']}"
        off = (
            "none_surfaces='error'"
            if last.ending == "empty" and done.kind == "fail" and facts.knobs.retries_none
            else ""
        )
        words = f"call {retried.call.number} {what}, and its last attempt returned {expected!r}"
        tally.breach("result-changed", words, returned.index, done.index, off_profile=off)


def _ended(facts: RetryFacts) -> list[tuple[Retried, Attempt, Event, Event]]:
    """Return the calls that were answered and met no fault, each with its last attempt, the end of that, and the answer."""
    ended: list[tuple[Retried, Attempt, Event, Event]] = []
    knobs = facts.knobs
    for retried in facts.calls.values():
        done = retried.call.completion
        last = retried.attempts[-1] if retried.attempts else None
        if (
            done is None
            or done.kind == "info"
            or retried.call.faults
            or last is None
            or last.returned is None
            or last.was_cut  # then, and when the budget ends a wait, the error is the retry's own
            or (
                knobs.budget_ms
                and knobs.budget_covers == "all"
                and done.time_ms >= retried.start_ms + knobs.budget_ms - knobs.tolerance_ms
            )
        ):
            continue
        ended.append((retried, last, last.returned, done))
    return ended
