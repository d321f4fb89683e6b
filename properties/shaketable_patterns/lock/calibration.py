"""Calibration: used by one holder after the other, a lock must behave as its profile says before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import History
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.lock.profile import TOLERANCE_MS, Knobs, knobs_of
from shaketable_patterns.lock.tenures import is_granted

Script = Sequence[tuple[str, str] | int]
"""Calls as (method, holder), and milliseconds to wait."""
_FAR_MS = 2 * TOLERANCE_MS


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the sequential behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)

    def asked(*script: tuple[str, str] | int) -> list[CallRecord]:
        history = run(Schedule(subject.name, script_steps(script)))
        return [call for call in history.view(CallFacts).calls.values() if not call.is_recovery]

    problems = [
        *_leases(knobs, asked),
        *_releases(knobs, asked),
        *_extensions(knobs, asked),
        *_answers(knobs, asked),
    ]
    if knobs.store_observable:
        history = run(Schedule(subject.name, script_steps([("acquire", "a")])))
        shown = [e.value for e in history.events if e.kind == "state" and e.name == "store"]
        if not any(value["owner"] == "a" for value in shown):
            problems.append(
                "its store never shows the owner: give its adapter a method `store`, or declare store_observable=false"
            )
    return problems


def script_steps(script: Script) -> tuple[Step, ...]:
    """Return the steps of a script, its calls numbered from 1."""
    steps: list[Step] = []
    number = 0
    for one in script:
        if isinstance(one, int):
            steps.append(Wait(one))
            continue
        number += 1
        steps.append(Do("start", {"call": number, "method": one[0], "holder": one[1]}))
    return tuple(steps)


def _leases(knobs: Knobs, asked: Callable[..., list[CallRecord]]) -> list[str]:
    """Compare lease, grace and renewal: another asks shortly before the end of the lease, and after it."""
    lease_ms, grace_ms = knobs.lease_ms, knobs.grace_ms
    early = asked(("acquire", "a"), lease_ms - _FAR_MS, ("acquire", "b"))
    if not is_granted(early[0]):
        return [f"a free lock is not granted: acquire returns {_shown(early[0])}"]
    if is_granted(early[1]):
        return [f"another gets the lock {lease_ms - _FAR_MS} ms after it was taken, and lease_ms={lease_ms}"]
    late = asked(("acquire", "a"), lease_ms + grace_ms + _FAR_MS, ("acquire", "b"))
    if is_granted(late[1]) and knobs.renewal:
        return [
            f"another gets the lock after {lease_ms + grace_ms + _FAR_MS} ms; it behaves as one with renewal=false"
        ]
    if not is_granted(late[1]) and not knobs.renewal:
        return [
            f"{lease_ms + grace_ms + _FAR_MS} ms after it was taken another does not get the lock, and lease_ms={lease_ms}; does it "
            "extend its lease by itself (renewal=true)?"
        ]
    if knobs.fencing == "checked" and any(type(call.result) is not int for call in early[:1]):
        return [
            f"acquire returns {_shown(early[0])}, which is no fencing token: a whole number from 1; declare fencing='none'"
        ]
    return []


def _releases(knobs: Knobs, asked: Callable[..., list[CallRecord]]) -> list[str]:
    """Compare lockAtLeastFor: another asks after a release."""
    least_ms = knobs.at_least_ms
    if least_ms > _FAR_MS:
        early = asked(("acquire", "a"), ("release", "a"), least_ms - _FAR_MS, ("acquire", "b"))
        if is_granted(early[2]):
            return [
                f"another gets the lock {least_ms - _FAR_MS} ms after it was taken, and at_least_ms={least_ms}"
            ]
    late = asked(("acquire", "a"), ("release", "a"), least_ms + _FAR_MS, ("acquire", "b"))
    if not is_granted(late[2]):
        return [f"a release does not free the lock after {least_ms + _FAR_MS} ms, and at_least_ms={least_ms}"]
    return []


def _extensions(knobs: Knobs, asked: Callable[..., list[CallRecord]]) -> list[str]:
    """Compare extending: from now on, or added to what is left."""
    if knobs.extend == "no" or knobs.renewal:
        return []
    lease_ms = knobs.lease_ms
    half_ms = lease_ms // 2
    left_ms = lease_ms if knobs.extend == "from_now" else 2 * lease_ms - half_ms
    calls = asked(("acquire", "a"), half_ms, ("extend", "a"), left_ms - _FAR_MS, ("acquire", "b"))
    if not is_granted(calls[1]):
        return [f"extend returns {_shown(calls[1])} while the lease runs, and extend={knobs.extend!r}"]
    if is_granted(calls[2]):
        return [
            f"after an extension another gets the lock before the new lease is over, and extend={knobs.extend!r}"
        ]
    return []


def _answers(knobs: Knobs, asked: Callable[..., list[CallRecord]]) -> list[str]:
    """Compare what it tells: whether it is the owner, and whether a write is accepted."""
    calls = asked(("acquire", "a"), ("holds", "a"), ("write", "a"))
    problems = []
    if knobs.tells is not (calls[1].result is not None):
        problems.append(f"holds returns {_shown(calls[1])}, and tells={str(knobs.tells).lower()}")
    elif knobs.tells and not is_granted(calls[1]):
        problems.append(f"holds returns {_shown(calls[1])} to the owner")
    if not is_granted(calls[2]):
        problems.append(
            f"write returns {_shown(calls[2])} to the owner: it must return True when the resource took it"
        )
    return problems


def _shown(call: CallRecord) -> str:
    done = call.completion
    return repr(call.result) if done is None or done.kind == "ok" else f"nothing but {done.value}"
