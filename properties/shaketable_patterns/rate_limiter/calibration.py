"""Calibration: asked by one caller after the other, without faults, a limiter must behave as its profile says before it is judged.

Its answers are judged by the promises themselves. A
difference that another value of one knob explains is a wrong profile. One that none explains is a defect: the promises will name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import get_args, get_type_hints

from shaketable.checkers.rule import checkers_of, claimed
from shaketable.errors import UsageError
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.rate_limiter.clauses import RULES
from shaketable_patterns.rate_limiter.profile import DeclaredKnobs, Knobs, knobs_of
from shaketable_patterns.rate_limiter.recovery import FAR_MS
from shaketable_patterns.rate_limiter.takings import LimiterFacts

_CALLS_MAX = 60
Script = Sequence[tuple[str, str, int] | int]
"""Calls as (key, worker, how many at once), and milliseconds to wait."""


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the sequential behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)
    histories = [run(Schedule(subject.name, script_steps(script))) for script in _scripts(knobs)]
    found = _findings(knobs, histories)
    if not found:
        return []
    for knob, value in _others(knobs):
        profile = Profile(subject.profile.name, {**subject.profile.knobs, knob: value})
        try:
            other = knobs_of(profile)
        except UsageError:
            continue
        if not _findings(other, histories):
            return [f"{found[0]}; it behaves as one with {knob}={value!r}"]
    return []


def script_steps(script: Script) -> tuple[Step, ...]:
    """Return the steps of a script, its calls numbered from 1."""
    steps: list[Step] = []
    number = 0
    for one in script:
        if isinstance(one, int):
            steps.append(Wait(one))
            continue
        key, worker, count = one
        for _ in range(count):
            number += 1
            steps.append(Do("start", {"call": number, "key": key, "worker": worker}))
    return tuple(steps)


def _scripts(knobs: Knobs) -> Iterator[Script]:
    """Yield what tells one setting from another: bursts, what comes back, keys and workers beside each other, edges of windows."""
    capacity = min(knobs.capacity, _CALLS_MAX)
    soon_ms, full_ms = (
        knobs.next_ms + knobs.tolerance_ms + FAR_MS,
        knobs.full_ms + knobs.tolerance_ms + FAR_MS,
    )
    yield ("x", "a", 1), full_ms, ("x", "a", 2 * capacity)
    yield (("x", "a", capacity),)
    yield (
        full_ms,
        ("x", "a", capacity + 1),
        ("y", "a", capacity),
        full_ms,
        ("x", "a", 1),
        ("x", "b", capacity),
    )
    yield ("x", "a", 1), full_ms, ("x", "a", capacity), soon_ms, ("x", "a", 2), full_ms // 2, ("x", "a", capacity), full_ms, ("x", "a", capacity)  # fmt: skip
    near_ms = 3 * knobs.period_ms - 2 * FAR_MS - knobs.tolerance_ms
    yield near_ms, ("x", "a", capacity), 4 * FAR_MS + 2 * knobs.tolerance_ms, ("x", "a", capacity)
    tenth_ms = max(1, knobs.period_ms // 10)
    yield (
        ("x", "a", 1),
        full_ms,
        *(one for _ in range(12) for one in (("x", "a", max(1, capacity // 5)), tenth_ms)),
    )


def _findings(knobs: Knobs, histories: Sequence[History]) -> list[str]:
    rules, _ = claimed(RULES, DeclaredKnobs(knobs))
    found: list[str] = []
    for history in histories:
        facts = LimiterFacts(history, knobs)
        for checker in checkers_of(rules, lambda _history, facts=facts: facts):  # type: ignore[misc]
            judged = checker.check(history, Profile("", {}))
            found += [finding.message for judgement in judged for finding in judgement.findings]
    return found


def _others(knobs: Knobs) -> Iterator[tuple[str, str | int]]:
    """Yield other values of one knob: each word that it may have, and numbers near its own."""
    for knob, kind in get_type_hints(Knobs).items():
        own = getattr(knobs, knob)
        if words := get_args(kind):
            yield from ((knob, word) for word in words if word != own and knob != "store_lost")
        elif knob in ("rate", "burst", "period_ms") and own:
            yield from ((knob, value) for value in (own - 1, own + 1, own // 2, 2 * own) if value > 0)
