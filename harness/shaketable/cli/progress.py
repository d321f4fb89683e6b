"""How far the judging is: one changing line on a terminal, a line an event anywhere else."""

from __future__ import annotations

from types import TracebackType
from typing import assert_never

from rich.status import Status
from rich.text import Text

from shaketable.cli.output import note
from shaketable.explore.pool.jobs import Certified, Failed, Hunted, Result
from shaketable.explore.progress import Progress
from shaketable.report.console import console_for
from shaketable.report.printable import printable


class Reporter:
    """Told of progress by the search; writes to stderr only."""

    def __init__(self) -> None:
        self._total = 0
        self._done = 0
        self._known: dict[str, set[str]] = {}
        console = console_for(stderr=True)
        # Square brackets are ours, not markup: a name may hold some too.
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
        """One step further with one subject."""
        name = printable(progress.subject)
        if self._status is not None:
            found = f", {len(progress.found)} found" if progress.found else ""
            on = f" on {progress.sets} sets of servers" if progress.sets else ""
            line = (
                f"[{self._done + 1}/{self._total}] {name}: {progress.stage}, {progress.runs} runs{on}{found}"
            )
            self._status.update(Text(line))
            return
        known = self._known.setdefault(name, set())
        for anomaly in progress.found:
            if anomaly not in known:
                known.add(anomaly)
                note(f"{name}: found {printable(anomaly)} within {progress.runs} runs")

    def expect(self, total: int) -> None:
        """How much there is to do."""
        self._total = total

    def finished(self, result: Result) -> None:
        """One job is done."""
        self._done += 1
        self.say(f"[{self._done}/{self._total}] {printable(_outcome(result))}")

    def say(self, text: str) -> None:
        """A line that stays, or on a terminal the changing one."""
        if self._status is not None:
            self._status.update(Text(text))
        else:
            note(text)


def _outcome(result: Result) -> str:
    match result:
        case Certified(examined=examined):
            judged = examined.result
            said = "" if judged.as_expected else ", a surprise"
            verdict = judged.verdict.name.lower()
            return (
                f"{judged.subject}: {verdict}{said}, {judged.spent.runs} runs in {judged.spent.seconds:.1f} s"
            )
        case Hunted(mutant=mutant):
            killed = f"killed within {mutant.runs_to_kill} runs" if mutant.runs_to_kill else "alive"
            return f"{mutant.name}: {killed}"
        case Failed():
            return f"{result.subject}: {result.reason}"
        case _:
            assert_never(result)
