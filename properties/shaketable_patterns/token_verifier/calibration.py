"""Calibration: presented with ordinary tokens, a verifier must behave as its profile says before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import History
from shaketable.schedule import Do, Schedule, Wait
from shaketable.subject import Subject
from shaketable_patterns.token_verifier.machine import BRIEF_S, LONG_S
from shaketable_patterns.token_verifier.presenting_adapter import FIRST
from shaketable_patterns.token_verifier.profile import TOLERANCE_S, Knobs, knobs_of
from shaketable_patterns.token_verifier.situations.catalogue import VALID

_FAR_S = 2 * TOLERANCE_S


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the sequential behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)

    def asked(*steps: Do | Wait) -> list[CallRecord]:
        history = run(Schedule(subject.name, steps))
        return [call for call in history.view(CallFacts).calls.values() if not call.is_recovery]

    for algorithm in knobs.allowed:
        (call,) = asked(presented(1, VALID, f"{algorithm}-{FIRST}"))
        if not isinstance(call.result, dict):
            return [
                f"an ordinary token of {algorithm} gets {_shown(call)} instead of its claims: declare the algorithms, issuer "
                f"{knobs.issuer!r} and audience {knobs.audience!r} that it is made for, and let verify return a dict"
            ]
    return [*_leeways(knobs, asked), *_refusals(knobs, asked)]


def presented(number: int, made: str, kid: str, issued_s: int = 0, life_s: int = LONG_S) -> Do:
    """Return the step that presents a token."""
    return Do(
        "start",
        {
            "call": number,
            "method": "verify",
            "made": made,
            "key": kid,
            "issued_s": issued_s,
            "life_s": life_s,
        },
    )


def _leeways(knobs: Knobs, asked: Callable[..., list[CallRecord]]) -> Iterator[str]:
    kid, leeway_s = f"{knobs.allowed[0]}-{FIRST}", knobs.leeway_s
    for beyond_s in (-_FAR_S, _FAR_S):
        if leeway_s + beyond_s <= 0:
            continue
        after_s = BRIEF_S + leeway_s + beyond_s
        (call,) = asked(Wait(after_s * 1_000), presented(1, VALID, kid, 0, BRIEF_S))
        if isinstance(call.result, dict) is not (beyond_s < 0):
            verb = "refused" if beyond_s < 0 else "accepted"
            yield f"a token is {verb} {after_s - BRIEF_S} s after it expired, and leeway_s={leeway_s}"


def _refusals(knobs: Knobs, asked: Callable[..., list[CallRecord]]) -> Iterator[str]:
    (call,) = asked(presented(1, "signature-first-bit", f"{knobs.allowed[0]}-{FIRST}"))
    done = call.completion
    if knobs.refusals == "declared" and done is not None and done.kind == "fail" and not call.refused:
        yield f"a wrong signature is refused by {done.value['error']}: name it in the adapter's `rejections`, or declare refusals='any'"


def _shown(call: CallRecord) -> str:
    done = call.completion
    return (
        "no answer" if done is None else repr(call.result) if done.kind == "ok" else str(done.value["error"])
    )
