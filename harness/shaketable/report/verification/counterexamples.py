"""The counterexamples of a certificate: their files are those that were written, and their histories are judged again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shaketable.certificate import Counterexample, SubjectResult
from shaketable.errors import FileFormatError
from shaketable.history import History
from shaketable.report import certificate_folder, history_file
from shaketable.report.data_file import read_limited, sha256
from shaketable.report.verification.check_outcome import Check
from shaketable.schedule import Schedule
from shaketable.schedule import loads as schedule_of
from shaketable.verdict import Judgement, Verdict

Judge = Callable[[History], Sequence[Judgement]]
Replay = Callable[[Schedule], History]
"""Runs a schedule traced: some of the stored histories say what was read and written, and others do not."""


class Counterexamples:
    """Checks those of one subject. `exact`: by the judge that made the certificate, so that words agree too.

    With `replay` each schedule is run again, in a world where that must give the stored history. `histories` are those that
    were read, by the counterexample's file.
    """

    def __init__(
        self, folder: Path, result: SubjectResult, judge: Judge, *, exact: bool, replay: Replay | None = None
    ) -> None:
        self._folder = folder
        self._result = result
        self._judge = judge
        self._exact = exact
        self._replay = replay
        self.histories: dict[str, History] = {}

    def checks(self) -> Iterator[Check]:
        """Yield one check a counterexample."""
        for promise in self._result.promises:
            for example in promise.counterexamples:
                yield self._check(example)

    def _check(self, example: Counterexample) -> Check:
        result, finding = self._result, example.finding
        name = f"{result.subject} {finding.promise} {finding.anomaly}"
        if not certificate_folder.is_safe(example.file):
            return Check("differs", f"{name}: {example.file[:80]!r} is no name for a file of a certificate")
        schedule_path = certificate_folder.schedule_path(example.file)
        history_path = certificate_folder.history_path(example.file)
        try:
            schedule = _read(self._folder / schedule_path, example.sha256)
            history = _read(self._folder / history_path, example.history_sha256)
            if schedule_of(schedule, schedule_path) != example.schedule:
                return Check("differs", f"{name}: the schedule's file is not the certificate's schedule")
            header, events = history_file.loads(history, history_path)
        except _Changed as error:
            return Check("changed", f"{name}: {error}")
        except FileFormatError as error:
            return Check("missing", f"{name}: {error}")
        if header.subject != result.subject or header.profile != result.profile:
            return Check("differs", f"{name}: its history is of another subject or profile")
        self.histories[example.file] = events
        if problem := self._compared(example, events):
            return Check("differs", f"{name}: {problem}")
        if self._replay is not None:
            again = self._replay(example.schedule)
            compared = again if events.accesses else History(again.events)
            if history_file.dumps(result.subject, result.profile, compared) != history:
                return Check("differs", f"{name}: run again, its schedule gives another history")
            return Check("ok", f"{name}: run again and judged again, the same")
        return Check("ok", f"{name}: judged again, the same")

    def _compared(self, example: Counterexample, events: History) -> str:
        """Compare the new judgements of a history with what the certificate claims of it; "" if they agree."""
        finding = example.finding
        found = [f for j in self._judge(events) for f in j.findings]
        same = [f for f in found if (f.promise, f.anomaly) == (finding.promise, finding.anomaly)]
        if not same:
            return "judged again, its history does not show it"
        if not any(f.level == finding.level for f in same):
            return f"judged again, it is {same[0].level}, not {finding.level}"
        if self._exact and finding not in same:
            return f"judged again, it is told differently: {same[0].message}"
        told = {p.id for p in self._result.promises if _tells_of_breaches(p.verdict, p.reason_kind)}
        beyond = sorted({f.promise for f in found if f.promise not in told})
        return (
            f"its history also breaks {', '.join(beyond)}, which is not said to be broken" if beyond else ""
        )


def _tells_of_breaches(verdict: Verdict, reason_kind: str) -> bool:
    """Tell whether breaches of the promise may be seen: it is violated, or they were withdrawn, as other runs contradict them."""
    return verdict is Verdict.VIOLATED or reason_kind == "contradicted"


class _Changed(Exception):
    """A file is there and is not what was written."""


def _read(path: Path, digest: str) -> bytes:
    data = read_limited(path, history_file.SIZE_MAX_BYTES, "a counterexample")
    if sha256(data) != digest:
        raise _Changed(f"{path} was changed since the certificate was written")
    return data
