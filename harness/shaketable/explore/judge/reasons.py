"""Why a promise that nothing broke is not certified all the same."""

from __future__ import annotations

from shaketable.explore.judge.evidence import NEVER_QUIET, Evidence
from shaketable.explore.judge.expected import everything_found
from shaketable.subject import Subject, System
from shaketable.verdict import Promise


def doubt(promise: Promise, subject: Subject, found: Evidence, *, expecting: bool) -> str:
    """The first reason that holds, or "". `expecting`: the search was to end once what is expected was found."""
    for (accused, _), reason in sorted(found.acquitted().items()):
        if accused == promise.id:
            return reason
    if isinstance(subject.target, System) and not found.faults_landed:
        return "no fault landed in any run"
    restless = found.unknown_runs.get(NEVER_QUIET, 0)
    if restless and promise.kind == "liveness":
        return f"{restless} of {found.runs} runs never became quiet after everything healed, and it is not known how they end"
    if expecting and everything_found(subject, found.found):
        return f"the search ended after {found.runs} runs, when what was expected was found"
    return ""
