"""Expectations: the anomalies that a search found, against those that a subject is known to have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from shaketable.certificate import Counterexample, PromiseResult
from shaketable.explore.judge.contradictions import Key
from shaketable.subject import Subject
from shaketable.verdict import Verdict


def surprises(
    subject: Subject, promises: Sequence[PromiseResult], calibration: Sequence[str]
) -> tuple[str, ...]:
    """Return everything that differs from the expectation, in words; empty when all is as expected."""
    if calibration and not any(p.counterexamples for p in promises):
        return tuple(f"calibration: {mismatch}" for mismatch in calibration)
    results = {p.id: p for p in promises}
    return (
        *_missing(subject, results),
        *(line for p in promises for line in _unexpected(subject, p)),
        *_levels(subject, results),
    )


def expected_keys(subject: Subject) -> list[Key]:
    """List the anomalies that a subject must show, by promise."""
    return [(promise, anomaly) for promise, names in subject.expects.breaks.items() for anomaly in names]


def everything_found(subject: Subject, found: Collection[Key]) -> bool:
    """Tell whether each anomaly that the subject must show was found; False for one that must show none."""
    wanted = expected_keys(subject)
    return bool(wanted) and all(key in found for key in wanted)


def _missing(subject: Subject, results: Mapping[str, PromiseResult]) -> list[str]:
    lines: list[str] = []
    for promise, anomalies in subject.expects.breaks.items():
        shown = _anomalies(results.get(promise))
        lines.extend(f"{promise}: {a} was expected and not found" for a in anomalies if a not in shown)
    return lines


def _unexpected(subject: Subject, result: PromiseResult) -> list[str]:
    expects = subject.expects
    if result.id in expects.breaks or result.id in expects.may_break:
        return []
    if result.verdict is Verdict.VIOLATED:
        return [f"{result.id}: {', '.join(_anomalies(result))} was not expected"]
    if result.verdict is Verdict.UNKNOWN and not expects.breaks:
        return [f"{result.id} is unknown: {result.reason}"]
    return []


def _levels(subject: Subject, results: Mapping[str, PromiseResult]) -> list[str]:
    lines: list[str] = []
    for promise, level in subject.expects.levels.items():
        shown = [c.finding.level for c in _examples(results.get(promise))]
        if shown and level not in shown:
            lines.append(f"{promise}: {level} was expected, found {', '.join(sorted(set(shown)))}")
    return lines


def _anomalies(result: PromiseResult | None) -> list[str]:
    return [c.finding.anomaly for c in _examples(result)]


def _examples(result: PromiseResult | None) -> tuple[Counterexample, ...]:
    return () if result is None else result.counterexamples
