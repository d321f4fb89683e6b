"""The verification of a certificate: its stored evidence is compared with its claims, and histories are judged again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from shaketable.certificate import Counterexample, SubjectResult
from shaketable.errors import FileFormatError
from shaketable.history import History
from shaketable.report import certificate_folder, history_file
from shaketable.report.data_file import read_limited, sha256
from shaketable.schedule import loads as schedule_of
from shaketable.verdict import Judgement, Verdict

Judge = Callable[[History], Sequence[Judgement]]
Outcome = Literal["ok", "differs", "changed", "missing", "unknown"]


class Check(msgspec.Struct, frozen=True):
    """The outcome of checking one claim, and a message.

    `changed`: a file is not the one that was written. `differs`: the evidence contradicts the claim. `missing`: evidence
    is not there or unreadable. `unknown`: the subject is not known here.
    """

    outcome: Outcome
    message: str


def verify(directory: Path, result: SubjectResult, judge: Judge) -> list[Check]:
    """Return one check a counterexample, and one for every promise whose verdict contradicts its counterexamples."""
    checks: list[Check] = []
    for promise in result.promises:
        name = f"{result.subject} {promise.id}"
        if (promise.verdict is Verdict.VIOLATED) != bool(promise.counterexamples):
            checks.append(
                Check(
                    "differs",
                    f"{name}: said to be {promise.verdict.name.lower()}, against its counterexamples",
                )
            )
        checks += [_check(directory, result, example, judge) for example in promise.counterexamples]
    return checks


def _check(directory: Path, result: SubjectResult, example: Counterexample, judge: Judge) -> Check:
    finding = example.finding
    name = f"{result.subject} {finding.promise} {finding.anomaly}"
    if not certificate_folder.is_safe(example.file):
        return Check("differs", f"{name}: {example.file[:80]!r} is no name for a file of a certificate")
    schedule_path = certificate_folder.schedule_path(example.file)
    history_path = certificate_folder.history_path(example.file)
    try:
        schedule = _read(directory / schedule_path, example.sha256)
        history = _read(directory / history_path, example.history_sha256)
        if schedule_of(schedule, schedule_path) != example.schedule:
            return Check("differs", f"{name}: the schedule's file is not the certificate's schedule")
        header, events = history_file.loads(history, history_path)
    except _Changed as error:
        return Check("changed", f"{name}: {error}")
    except FileFormatError as error:
        return Check("missing", f"{name}: {error}")
    if header.subject != result.subject or header.profile != result.profile:
        return Check("differs", f"{name}: its history is of another subject or profile")
    return _compare(name, result, example, judge(events))


class _Changed(Exception):
    """A file is there and is not what was written."""


def _read(path: Path, digest: str) -> bytes:
    data = read_limited(path, history_file.SIZE_MAX_BYTES, "a counterexample")
    if sha256(data) != digest:
        raise _Changed(f"{path} was changed since the certificate was written")
    return data


def _compare(
    name: str, result: SubjectResult, example: Counterexample, judgements: Sequence[Judgement]
) -> Check:
    """Compare the new judgements of a history with what the certificate claims of it."""
    found = [f for j in judgements for f in j.findings]
    same = [f for f in found if (f.promise, f.anomaly) == (example.finding.promise, example.finding.anomaly)]
    if not same:
        return Check("differs", f"{name}: judged again, its history does not show it")
    if not any(f.level == example.finding.level for f in same):
        return Check("differs", f"{name}: judged again, it is {same[0].level}, not {example.finding.level}")
    broken = {p.id for p in result.promises if p.verdict is Verdict.VIOLATED}
    beyond = sorted({f.promise for f in found if f.promise not in broken})
    if beyond:
        return Check(
            "differs", f"{name}: its history also breaks {', '.join(beyond)}, which is not said to be broken"
        )
    return Check("ok", f"{name}: judged again, the same")
