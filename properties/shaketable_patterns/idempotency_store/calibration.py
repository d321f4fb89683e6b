"""Calibration: used by one caller after the other, a store must behave as its profile says before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import History
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.idempotency_store.profile import TOLERANCE_MS, knobs_of
from shaketable_patterns.idempotency_store.recovery import started

_FAR_MS = 2 * TOLERANCE_MS


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the sequential behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)

    def asked(*steps: Step) -> list[CallRecord]:
        history = run(Schedule(subject.name, steps))
        return [call for call in history.view(CallFacts).calls.values() if not call.is_recovery]

    end = Do("finish", {"call": 1, "with": "ok"})
    first, again = asked(started(1, "a", "k1", "p"), end, started(2, "b", "k1", "p"))
    if not first.entered or first.result != "result-1":
        return [f"a new key is not executed: its call gets {_shown(first)}"]
    if again.entered or again.result != "result-1":
        return [
            f"a done key gets {_shown(again)} from the other worker instead of its outcome: do both use one store?"
        ]
    problems = []
    first, again = asked(started(1, "a", "k1", "p"), end, started(2, "a", "k1", "q"))
    is_refused = not again.entered and again.completion is not None and again.completion.kind == "fail"
    if knobs.other_payload == "refused" and not is_refused and again.result == "result-1":
        problems.append(
            "a key that is done gets its outcome with another payload too: declare other_payload='unchecked'"
        )
    if knobs.retention_ms:
        wait = Wait(knobs.retention_ms + knobs.grace_ms + _FAR_MS)
        first, again = asked(started(1, "a", "k1", "p"), end, wait, started(2, "a", "k1", "p"))
        if (
            not again.entered and again.result == "result-1"
        ):  # a refusal is no other setting: the promises name it
            problems.append(
                f"{knobs.retention_ms} ms after it was done a key gets {_shown(again)}, and retention_ms={knobs.retention_ms}"
            )
    if knobs.lease_ms and not knobs.renew_ms:
        wait = Wait(knobs.lease_ms + knobs.grace_ms + _FAR_MS)
        first, again = asked(started(1, "a", "k1", "p"), wait, started(2, "b", "k1", "p"))
        if not again.entered:
            problems.append(
                f"{knobs.lease_ms + knobs.grace_ms} ms after it was begun a key gets {_shown(again)}, and lease_ms={knobs.lease_ms}; are "
                "leases renewed (renew_ms), or is there none (lease_ms=0)?"
            )
    return problems


def _shown(call: CallRecord) -> str:
    done = call.completion
    if call.entered and done is None:
        return "executed"
    return (
        "no answer"
        if done is None
        else repr(call.result)
        if done.kind == "ok"
        else f"nothing but {done.value}"
    )
