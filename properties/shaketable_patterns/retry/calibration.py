"""Calibration: called by one caller after the other, a retry must behave as its profile says before it is judged.

Its attempts are judged by the promises themselves. A
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
from shaketable_patterns.retry.attempts import RetryFacts
from shaketable_patterns.retry.clauses import RULES
from shaketable_patterns.retry.profile import DeclaredKnobs, Knobs, knobs_of
from shaketable_patterns.retry.promises import RT_4
from shaketable_patterns.retry.recovery import FAR_MS

_MORE = 3
"""So many attempts more than declared are failed: a declaration that is too small shows what it should be."""
_ATTEMPTS_MAX = 12


def calibrate(subject: Subject, run: Callable[[Schedule], History]) -> Sequence[str]:
    """Return mismatches between the declared knobs and the sequential behaviour, in words; empty is agreement."""
    knobs = knobs_of(subject.profile)
    histories = [run(Schedule(subject.name, steps)) for steps in _scripts(knobs)]
    found = _findings(knobs, histories)
    if not found:
        return []
    for knob, value in _others(knobs, histories):
        try:
            other = knobs_of(Profile(subject.profile.name, {**subject.profile.knobs, knob: value}))
        except UsageError:
            continue
        if not _findings(other, histories):
            return [f"{found[0]}; it behaves as one with {knob}={value!r}"]
    return []


def script_steps(
    how: str, count: int, wait_ms: int, *, idempotent: bool = True, lasts_ms: int = 0
) -> tuple[Step, ...]:
    """Return the steps of one call whose attempts end so, so often, with so long behind each; then it succeeds."""
    steps: list[Step] = [Do("start", {"call": 1, "idempotent": idempotent})]
    for _ in range(count):
        steps += [Wait(lasts_ms)] if lasts_ms else []
        steps += [Do("finish", {"call": 1, "with": how}), Wait(wait_ms)]
    return *steps, Do("finish", {"call": 1, "with": "ok"})


def _scripts(knobs: Knobs) -> Iterator[tuple[Step, ...]]:
    """Yield calls that fail in every plain way, more often than they are tried, and one whose attempts last."""
    count = min(knobs.attempts or _ATTEMPTS_MAX, _ATTEMPTS_MAX) + _MORE
    wait_ms = knobs.longest_ms + knobs.tolerance_ms + FAR_MS
    for how in ("fail", "lost", "excluded", "empty"):
        yield script_steps(how, count, wait_ms)
    yield script_steps("lost", 2, wait_ms, idempotent=False)
    if knobs.budget_ms:
        yield script_steps("fail", count, wait_ms, lasts_ms=knobs.budget_ms // 3)


def _findings(knobs: Knobs, histories: Sequence[History]) -> list[str]:
    """Judge by all but RT-4: what ends too late is a defect more often than a budget that is longer than declared."""
    rules = [rule for rule in claimed(RULES, DeclaredKnobs(knobs))[0] if rule.promise is not RT_4]
    found: list[str] = []
    for history in histories:
        facts = RetryFacts(history, knobs)
        for checker in checkers_of(rules, lambda _history, facts=facts: facts):  # type: ignore[misc]
            judged = checker.check(history, Profile("", {}))
            found += [finding.message for judgement in judged for finding in judgement.findings]
    return found


def _others(knobs: Knobs, histories: Sequence[History]) -> Iterator[tuple[str, str | int | float | bool]]:
    """Yield other values of one knob: each word that it may have, the attempts that were seen, and numbers near its own."""
    seen = max(
        (len(call.attempts) for h in histories for call in RetryFacts(h, knobs).calls.values()), default=0
    )
    yield from (("attempts", value) for value in (seen, 0) if value != knobs.attempts)
    for knob, kind in get_type_hints(Knobs).items():
        own = getattr(knobs, knob)
        if words := get_args(kind):
            yield from ((knob, word) for word in words if word != own)
        elif kind is bool:
            yield knob, not own
        elif knob in ("wait_ms", "wait_max_ms", "budget_ms", "factor") and own:
            yield from ((knob, value) for value in (own // 2, own * 2) if value > 0)
