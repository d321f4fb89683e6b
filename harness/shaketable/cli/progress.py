"""The progress of a command: one changing line on a terminal, elsewhere a line an event."""

from __future__ import annotations

from types import TracebackType
from typing import assert_never

from rich.status import Status
from rich.text import Text

from shaketable.cli.output import console_for, note
from shaketable.explore.pool.jobs import Certified, Failed, Hunted, Result
from shaketable.explore.progress import Progress
from shaketable.report.printable import printable


class Reporter:
    """A display of the progress of jobs on stderr; a search calls it with each step of its progress."""

    def __init__(self) -> None:
        self._total = 0
        self._done = 0
        self._reported: dict[str, set[str]] = {}
        console = console_for(stderr=True)
        # Text and no str, since the square brackets in a line are no markup.
        self._status = Status(Text(""), console=console) if console.is_terminal else None

    def __enter__(self) -> Reporter:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        if self._status is not None:
            self._status.stop()

    def __call__(self, progress: Progress) -> None:
        """Show how far one subject is; without a terminal only anomalies that were not reported yet."""
        name = printable(progress.subject)
        if self._status is not None:
            found = f", {len(progress.found)} found" if progress.found else ""
            on = f" on {progress.sets} sets of servers" if progress.sets else ""
            line = (
                f"[{self._done + 1}/{self._total}] {name}: {progress.stage}, {progress.runs} runs{on}{found}"
            )
            self._status.update(Text(line))
            return
        reported = self._reported.setdefault(name, set())
        for anomaly in progress.found:
            if anomaly not in reported:
                reported.add(anomaly)
                note(f"{name}: found {printable(anomaly)} within {progress.runs} runs")

    def expect(self, total: int) -> None:
        """Set the number of jobs there are to do."""
        self._total = total

    def finished(self, result: Result) -> None:
        """Show that a job is done, and its result."""
        self._done += 1
        text = f"[{self._done}/{self._total}] {printable(_outcome(result))}"
        if self._status is not None:
            self._status.update(Text(text))
        else:
            note(text)


def _outcome(result: Result) -> str:
    match result:
        case Certified(examined=examined):
            judged = examined.result
            surprise = "" if judged.as_expected else ", a surprise"
            verdict = judged.verdict.name.lower()
            spent = judged.spent
            return f"{judged.subject}: {verdict}{surprise}, {spent.runs} runs in {spent.seconds:.1f} s"
        case Hunted(mutant=mutant):
            killed = f"killed within {mutant.runs_to_kill} runs" if mutant.runs_to_kill else "alive"
            return f"{mutant.name}: {killed}"
        case Failed():
            return f"{result.subject}: {result.reason.removeprefix(f'{result.subject}: ')}"
        case _:
            assert_never(result)
