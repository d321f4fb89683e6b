"""The evidence behind a certificate, looked at again: files there and unchanged, histories judged anew."""

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
_FILE_MAX_BYTES = 256 * 1024 * 1024


class Check(msgspec.Struct, frozen=True):
    """One thing looked at. `changed`: a file is not the one that was written; `differs`: the claim does not hold."""

    outcome: Outcome
    what: str


def check_result(directory: Path, result: SubjectResult, judge: Judge) -> list[Check]:
    """One check a counterexample, and one for every promise said to be broken without any."""
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
    try:
        schedule = _read(directory / certificate_folder.schedule_path(example.file), example.sha256)
        history = _read(directory / certificate_folder.history_path(example.file), example.history_sha256)
        if schedule_of(schedule, certificate_folder.schedule_path(example.file)) != example.schedule:
            return Check("differs", f"{name}: the schedule's file is not the certificate's schedule")
        header, events = history_file.loads(history, certificate_folder.history_path(example.file))
    except _Changed as error:
        return Check("changed", f"{name}: {error}")
    except FileFormatError as error:
        return Check("missing", f"{name}: {error}")
    if header.subject != result.subject or header.profile != result.profile:
        return Check("differs", f"{name}: its history is of another subject or profile")
    return _judge_again(name, result, example, judge(events))


class _Changed(Exception):
    """A file is there and is not what was written."""


def _read(path: Path, digest: str) -> bytes:
    data = read_limited(path, _FILE_MAX_BYTES, "a counterexample")
    if sha256(data) != digest:
        raise _Changed(f"{path} was changed since the certificate was written")
    return data


def _judge_again(
    name: str, result: SubjectResult, example: Counterexample, judgements: Sequence[Judgement]
) -> Check:
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
