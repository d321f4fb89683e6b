"""The promises of which nothing is known, by the reason: one reason often stands for many."""

from __future__ import annotations

from shaketable.certificate import SubjectResult
from shaketable.verdict import Verdict


def unknown_promises(result: SubjectResult) -> dict[str, list[str]]:
    """Reason -> ids, in the order of the promises."""
    reasons: dict[str, list[str]] = {}
    for promise in result.promises:
        if promise.verdict is Verdict.UNKNOWN:
            reasons.setdefault(promise.reason or "it was never exercised", []).append(promise.id)
    return reasons
