"""CB-0, CB-9: each caller gets what the protected function gave, once, whatever listeners do."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from shaketable.components.interface.adapter import ListenerFailed
from shaketable.history import History, Json
from shaketable.verdict import Finding, Level
from shaketable_patterns.circuit_breaker.facts import FALSY, PROBE_FIRST, Call, facts_of, refused
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_0, CB_9
from shaketable_patterns.circuit_breaker.states import TOLERANCE_MS

Difference = tuple[str, str]
"""An anomaly and the sentence that tells it."""


@dataclass(frozen=True, slots=True)
class Compare:
    """`history.view(Compare(knobs))`: read once for both promises."""

    knobs: Knobs

    def __call__(self, history: History) -> Results:
        return Results(history, self.knobs)


class Results:
    """The answers that were not what the function gave: `changed_by_listener` are CB-9's, `changed` CB-0's."""

    __slots__ = ("changed", "changed_by_listener", "exercised")

    def __init__(self, history: History, knobs: Knobs) -> None:
        facts = facts_of(history)
        self.exercised = 0
        changed: dict[str, Finding] = {}
        self.changed_by_listener: tuple[Finding, ...] = ()
        for call in facts.calls.values():
            if call.number >= PROBE_FIRST:
                continue  # what the recovery shows is CB-8's; a story should be told by its own steps
            self.exercised += call.returned >= 0
            difference = _difference(call, history, knobs)
            if difference is None:
                continue
            if call.raised >= 0 and call.again < 0:
                self.changed_by_listener = self.changed_by_listener or (
                    _by_listener(call, difference, knobs),
                )
            else:
                changed.setdefault(difference[0], _finding(CB_0.id, difference, _events(call), knobs))
        self.changed = tuple(changed.values())


def _difference(call: Call, history: History, knobs: Knobs) -> Difference | None:
    """Return what is wrong with the answer to this call, or None."""
    name, done = f"call {call.number}", call.completion
    if call.again >= 0:
        return "double-run", f"the function of {name} was entered twice"
    if done is None or (done.kind == "info" and (done.value or {}).get("blocked")):
        if call.returned >= 0:
            return "never-answered", f"the function of {name} ended and its caller never heard of it"
        return None
    if done.kind != "ok" and (call.struck >= 0 or "crashed" in (done.value or {})):
        return None  # it is told what happened at the fault point, or nothing when the power went
    if call.admitted < 0:
        return _without_running(call, name, knobs)
    if call.outcome == "cancelled":
        return None if _was_given_up(call, history, knobs) else _of_cancelled(call, name)
    if done.kind == "ok":
        return _of_ok(call, name, knobs)
    if call.outcome == "ok":
        return "success-lost", f"the function of {name} succeeded and its caller got {done.value['error']}"
    other = done.value.get("instead_of")
    if knobs.errors == "wrapped" or (
        knobs.errors == "wrapped_on_trip" and facts_of(history).may_have_opened(call)
    ):
        return None
    if done.kind == "fail" and (other or done.value.get("rejected")):
        return (
            "error-changed",
            f"{name} raised {other or 'its error'} and its caller got {done.value['error']}",
        )
    return None


def _was_given_up(call: Call, history: History, knobs: Knobs) -> bool:
    """Tell whether the breaker gave the call up when its declared time was over."""
    done = call.completion
    took_ms = history[call.returned].time_ms - history[call.admitted].time_ms
    failed = done is not None and done.kind == "fail"
    return failed and 0 < knobs.call_timeout_ms <= took_ms + TOLERANCE_MS


def _without_running(call: Call, name: str, knobs: Knobs) -> Difference | None:
    done = call.completion
    assert done is not None
    if done.kind == "ok" and knobs.refusals == "answer":
        return None
    if done.kind == "ok":
        return "answered-without-running", f"{name} was answered although its function never ran"
    if done.kind == "fail" and not refused(call):
        return "error-invented", f"{name} got {done.value['error']} although its function never ran"
    return None


def _of_cancelled(call: Call, name: str) -> Difference | None:
    done = call.completion
    assert done is not None
    if done.kind == "ok":
        return "cancellation-swallowed", f"{name} was cancelled and its caller was told it succeeded"
    if done.kind == "fail":
        return "error-changed", f"{name} was cancelled and its caller got {done.value['error']}"
    return None


def _of_ok(call: Call, name: str, knobs: Knobs) -> Difference | None:
    assert call.completion is not None
    if call.outcome != "ok" and knobs.errors == "answered":
        return None
    if call.outcome != "ok":
        return "failure-swallowed", f"the function of {name} raised and its caller was told it succeeded"
    result = call.completion.value.get("result")
    expected = FALSY.get(call.ending, f"result-{call.number}")
    shown = expected if expected != [] else "list"
    if type(result) is not type(shown) or result != shown:
        return "result-changed", f"{name} returned {expected!r} and its caller got {result!r}"
    return None


def _by_listener(call: Call, difference: Difference, knobs: Knobs) -> Finding:
    """Return CB-9's finding; it is about the listener's error if the caller got that."""
    events = tuple(sorted({*_events(call), call.raised}))
    told = "listener-changed-result", f"a listener raised, and {difference[1]}"
    got: Json = (call.completion.value if call.completion is not None else None) or {}
    about = (ListenerFailed.__name__,) if got.get("error") == ListenerFailed.__name__ else ()
    return msgspec.structs.replace(_finding(CB_9.id, told, events, knobs), about=about)


def _finding(promise: str, difference: Difference, events: tuple[int, ...], knobs: Knobs) -> Finding:
    level: Level = "LIMIT" if difference[0] in knobs.documents else "VIOLATION"
    return Finding(promise, difference[0], difference[1], events, level)


def _events(call: Call) -> tuple[int, ...]:
    done = -1 if call.completion is None else call.completion.index
    return tuple(sorted(i for i in (call.admitted, call.again, call.returned, done) if i >= 0))
