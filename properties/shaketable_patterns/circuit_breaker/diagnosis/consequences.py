"""The consequences of one mistake: of all that a search found, what follows from the rest.

A cause stays a guess until it is held against every run. The fewest causes under which the model fits all the runs, those
that broke nothing too, are the mistakes; everything else that was found by replay follows from them. Where no causes
explain all runs, those that many runs contradict are withdrawn, and what was seen stands by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.diagnosis.clash import symptom_of
from shaketable_patterns.circuit_breaker.diagnosis.explanation import Parts, applied
from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.diagnosis.hypothesis import Hypothesis
from shaketable_patterns.circuit_breaker.facts import Facts, facts_of
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.promises import CB_0, CB_1, CB_2, CB_3, CB_4, CB_5, CB_6, CB_8, CB_9
from shaketable_patterns.circuit_breaker.replay import replay

Key = tuple[str, str]

_BY_KEY = {hypothesis.key: hypothesis for hypothesis in HYPOTHESES}
_SEEN = frozenset(promise.id for promise in (CB_1, CB_2, CB_3, CB_4, CB_5, CB_8))
"""The promises that are judged by replay alone: whatever breaks them can follow from another mistake."""
_CAUSES_MAX = 6
_CONTRADICTED_SHARE = 0.03
_CONTRADICTED_RUNS = 2
"""More runs than this must contradict a cause: one that holds in most cases and not in all is contradicted too."""


def consequences(
    findings: Mapping[Key, Finding], profile: Profile, histories: Sequence[History]
) -> dict[Key, str]:
    """Return the findings that are not told by themselves, each with the reason; never all of them."""
    return _of_answers(findings) | _of_replays(findings, profile, histories)


def _of_answers(findings: Mapping[Key, Finding]) -> dict[Key, str]:
    """Return CB-9's finding of a changed answer if answers change without a listener that raises too.

    That a caller got the error of the listener itself is another mistake.
    """
    key = CB_9.id, "listener-changed-result"
    changed = sorted(anomaly for promise, anomaly in findings if promise == CB_0.id)
    if not changed or key not in findings or findings[key].about:
        return {}
    return {key: f"{CB_0.id} {changed[0]} shows it without a listener that raises"}


def _of_replays(
    findings: Mapping[Key, Finding], profile: Profile, histories: Sequence[History]
) -> dict[Key, str]:
    knobs, runs = knobs_of(profile), [facts_of(history) for history in histories]
    causes = [h for h in HYPOTHESES if any(f.cause and _names(h, key) for key, f in findings.items())]
    judged = [key for key, f in findings.items() if f.cause or key[0] in _SEEN]
    if not judged:
        return {}
    mistakes, seen = _explained(causes, knobs, runs)
    main = {key for key in judged if any(_names(h, key) for h in mistakes)}
    if main and not seen and len(mistakes) < _CAUSES_MAX:
        words = " and ".join(f"{promise} {anomaly}" for promise, anomaly in sorted(main))
        follows = f"it follows from {words}, and that explains each of {len(runs)} runs"
        return {key: follows for key in findings if key not in main and (key in judged or key[0] == CB_6.id)}
    reasons = _contradicted(findings, judged, knobs, runs)
    named = [key for key in judged if _is_specific(findings[key]) and key not in reasons]
    total = seen.total()
    most = max((key for key in judged if key in seen), key=lambda k: (seen[k], k), default=None)
    told = (
        {*named, *([most] if most is not None else [])}
        or {k for k in judged if k not in reasons}
        or {*judged}
    )
    return {key: reasons.get(key) or _behind(key, most, seen, total) for key in judged if key not in told}


def _is_specific(finding: Finding) -> bool:
    """Tell whether it blames a cause that only something particular looks like."""
    blamed = _BY_KEY.get(finding.cause)
    return bool(finding.cause) and not (blamed is not None and blamed.unspecific)


def _behind(key: Key, most: Key | None, seen: Counter[Key], total: int) -> str:
    if most is None:
        return "it was seen only where another finding explains the run"
    return (
        f"{key[1]} is the first thing seen in {seen[key]} of the {total} runs that no cause explains, and {most[1]} of "
        f"{most[0]} in {seen[most]}: one mistake is told once"
    )


def _explained(
    causes: Sequence[Hypothesis], knobs: Knobs, runs: Sequence[Facts]
) -> tuple[Parts, Counter[Key]]:
    """Return causes under which as many runs as possible fit, and what is seen first in each of the others."""
    chosen: Parts = ()
    left = [run for run in runs if not _agrees(run, knobs, frozenset())]
    right = [run for run in runs if run not in left]
    for parts in combinations(causes if left else (), 1):
        if _fits(parts, knobs, runs):
            return parts, Counter()
    while left and len(chosen) < _CAUSES_MAX:
        limit = max(_CONTRADICTED_RUNS, _CONTRADICTED_SHARE * len(runs))
        tried = [(_gain((*chosen, h), knobs, left, right, limit), h) for h in causes if h not in chosen]
        gain, best = max(tried, key=lambda one: one[0], default=((0, 0), None))
        if best is None or gain <= _gain(chosen, knobs, left, right, limit):
            break
        chosen += (best,)
    settings = applied(knobs, chosen)
    seen: Counter[Key] = Counter()
    for run in runs:
        clash = replay(run, *settings).clash
        if clash is not None:
            promise, anomaly, _ = symptom_of(run, clash)
            seen[promise.id, anomaly] += 1
    if chosen and seen.total() * 10 <= len(left):
        seen.clear()  # a few runs in which several mistakes come together
    return chosen, seen


def _gain(
    parts: Parts, knobs: Knobs, left: Sequence[Facts], right: Sequence[Facts], limit: float
) -> tuple[int, int]:
    """Return how many of the runs that are not as declared fit, and how many records; less if others contradict it."""
    settings = applied(knobs, parts)
    against = sum(not _agrees(run, *settings) for run in right) if parts else 0
    if against > limit:
        return -1, 0
    replays = [replay(run, *settings) for run in left]
    return sum(one.clash is None for one in replays), sum(one.reached for one in replays)


def _names(hypothesis: Hypothesis, key: Key) -> bool:
    return hypothesis.promise.id == key[0] and key[1] in (hypothesis.anomaly, hypothesis.of_probe)


def _fits(parts: Parts, knobs: Knobs, runs: Sequence[Facts]) -> bool:
    """Tell whether no run contradicts that the breaker is as declared but for these."""
    return bool(parts) and all(_agrees(run, *applied(knobs, parts)) for run in runs)


def _agrees(run: Facts, knobs: Knobs, quirks: frozenset[str], until: int | None = None) -> bool:
    return replay(run, knobs, quirks, until).clash is None


def _contradicted(
    findings: Mapping[Key, Finding], judged: Sequence[Key], knobs: Knobs, runs: Sequence[Facts]
) -> dict[Key, str]:
    """Return the findings whose cause too many runs contradict, as far as they fit what is declared, or more than need it."""
    limit = max(_CONTRADICTED_RUNS, _CONTRADICTED_SHARE * len(runs))
    fitting = [replay(run, knobs).reached for run in runs]
    reasons: dict[Key, str] = {}
    for key in judged:
        blamed = _BY_KEY.get(findings[key].cause)
        if blamed is None or blamed.unspecific:
            continue
        settings = applied(knobs, (blamed,))
        count = sum(not _agrees(run, *settings, until) for run, until in zip(runs, fitting, strict=True))
        if count > limit or (count and count > _needed(settings, knobs, runs)):
            reasons[key] = f"{key[1]} would explain some runs, and {count} of {len(runs)} contradict it"
    return reasons


def _needed(settings: tuple[Knobs, frozenset[str]], knobs: Knobs, runs: Sequence[Facts]) -> int:
    """Return how many runs are not as declared, and fit with this cause alone."""
    return sum(not _agrees(run, knobs, frozenset()) and _agrees(run, *settings) for run in runs)
