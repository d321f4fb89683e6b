"""One command that is ended suddenly: how it is started, when and how it is ended, and what is wrong afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from shaketable.certificate import Certificate
from shaketable.errors import FileFormatError
from shaketable.real.bounded_waits import WaitExpired, wait_until
from shaketable.real.supervision.identity import send
from shaketable.real.supervision.run_directory import recorded
from shaketable.report.certificate_file import load
from tests.ends.left_behind import LeftBehind, LeftInEngine, command_line

BROKEN = "order-saga/as-listed"
ROOT = Path(__file__).parents[2]
GONE_WITHIN_S = {"processes": 5.0, "containers": 30.0}
SPANS_S = {"certify": 12.0, "certify-one-set": 10.0, "replay": 8.0, "shrink": 10.0}
"""The commands, and the time within which a random moment lies: they start their servers for about the first third."""
MOMENTS = ("worker", "late-factory", "supervisor", "server", "services", "service", "report")
"""Chosen moments: a worker or a factory is imported, a process of that kind was just recorded, the report is written."""
_LATE = "tests.ends.late_factory:subject"
_MOMENT_WITHIN_S = 90.0
_POLL_S = 0.002
_GIVE_UP_AFTER_S = 75.0
"""The reaper tries for a minute."""
_FOUND = re.compile(r": found (\S+?):? (\S+) within")
_PARTS = (
    b"explore.pool.worker_main",
    b"supervisor_process",
    b"shaketable.real.zygote",
    b"supervision.reaper",
)


class Trial:
    """One command that is ended, in a folder of its own."""

    def __init__(self, folder: Path, what: str, world: str, schedule: Path, moment: str) -> None:
        self.left = LeftInEngine(folder) if world == "containers" else LeftBehind(folder)
        self.gone_within_s = GONE_WITHIN_S[world]
        self.what, self.moment = what, moment
        self.out, self.min = folder / "out", folder / "min.json"
        self._said = folder / "said"
        arguments = self._arguments(world, schedule)
        with self._said.open("wb") as said, (folder / "printed").open("wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "shaketable", *arguments],
                env={**os.environ, "TMPDIR": str(folder), "PYTHONFAULTHANDLER": "1"},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                start_new_session=True,
            )

    def _arguments(self, world: str, schedule: Path) -> tuple[str, ...]:
        subject = _LATE if self.moment == "late-factory" else BROKEN
        budget = ("--runs", "2") if self.moment == "report" else ("--budget", "40s")
        match self.what:
            case "replay":
                return ("replay", str(schedule), "--world", world, "--times", "50")
            case "shrink":
                return ("shrink", str(schedule), "--world", world, "--out", str(self.min))
            case _:
                sets = "1" if self.what == "certify-one-set" else "2"
                return ("certify", subject, "--world", world, "--sets", sets, *budget, "--out", str(self.out))

    @property
    def said(self) -> str:
        return self._said.read_text(errors="replace")

    def reach(self, draw: random.Random) -> bool:
        """Wait for the moment and a little longer, by chance; return False if the command has ended before."""
        if not self.moment:
            # The interpreter takes a good part of it to begin; half of the moments lie behind the start of a run.
            if draw.random() < 0.5 and not self._comes(lambda: bool(self.left.runs())):
                return False
            return not self._ends_within(draw.uniform(0, SPANS_S[self.what]))
        longer_s = 0.6 if self.moment in ("worker", "late-factory") else 0.05
        return self._comes(self._is_there) and not self._ends_within(draw.uniform(0, longer_s))

    def _comes(self, moment: Callable[[], bool]) -> bool:
        give_up_s = time.monotonic() + _MOMENT_WITHIN_S
        while not moment():
            if self._ends_within(_POLL_S) or time.monotonic() > give_up_s:
                return False
        return True

    def _is_there(self) -> bool:
        match self.moment:
            case "worker":
                return any(b"explore.pool.worker_main" in line for _, line in self._lines())
            case "late-factory":
                return any(self.left.folder.glob("importing-*"))
            case "report":
                return (self.out / "certificate.json").exists()
            case kind:
                return any(kind == _kind(name) for run in self.left.runs() for name, _ in recorded(run))

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        for one in self.left.processes():
            yield one.pid, command_line(one.pid).encode()

    def _ends_within(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, how: str, draw: random.Random) -> float:
        """End it as `how` says and return when, in monotonic seconds."""
        if not self.moment:
            self.left.observe()
        whole = draw.random() < 0.5
        match how:
            case "kill":
                self.process.kill()
            case "interrupt":  # a terminal tells every process of the session's foreground
                os.killpg(self.process.pid, signal.SIGINT)
            case "terminate":  # `timeout` tells all, `kill` the one
                (os.killpg if whole else os.kill)(self.process.pid, signal.SIGTERM)
            case _:
                self._kill_part(draw)
        return time.monotonic()

    def _kill_part(self, draw: random.Random) -> None:
        """Kill one of the processes by which a command keeps watch over the others."""
        lines = dict(self._lines())
        found = [one for one in self.left.processes() if any(p in lines.get(one.pid, b"") for p in _PARTS)]
        if found:
            one = draw.choice(found)
            self.moment = f"{self.moment} {lines[one.pid].decode()[-60:]}".strip()
            send(one, signal.SIGKILL)

    def wait(self, limit_s: float) -> int | None:
        """Wait for its end and return the exit code; None if it does not end."""
        try:
            return self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # it says where it is
            self._ends_within(1.0)
            return None

    def wait_gone(self, since_s: float) -> tuple[float, list[str]]:
        """Wait until nothing is left; return the seconds since then, and what was left 5 s after."""
        after: list[str] = []

        def is_gone() -> bool:
            found = self.left.told()
            if found and not after and time.monotonic() - since_s > self.gone_within_s:
                after.extend(found)
            return not found

        with contextlib.suppress(WaitExpired):
            asyncio.run(wait_until(is_gone, within_s=_GIVE_UP_AFTER_S, every_s=0.05, what="the end of all"))
        return time.monotonic() - since_s, after

    def lost(self, code: int) -> str:
        """Say what had been found before and is not there now; "" if all is."""
        if self.what == "shrink":
            asked = code == 0 or "it may not be minimal" in self.said
            return "the shortest schedule" if asked and not self.min.exists() else ""
        if self.what == "replay":
            return ""
        found = {f"{promise} {anomaly}" for promise, anomaly in _FOUND.findall(self.said)}
        certificate: Certificate | None = None
        if (self.out / "certificate.json").exists():
            try:
                certificate = load(self.out / "certificate.json")
            except FileFormatError as error:
                return f"the certificate: {error}"
        return ", ".join(sorted(found - _kept(certificate)))

    def is_odd(self, how: str, code: int | None) -> str:
        """Say what is wrong with how it ended; "" if nothing is."""
        if code is None:
            return f"it did not end: {self.said.strip()[-3000:]}"
        codes = {"kill": (-signal.SIGKILL,), "kill-part": (0, 1, 2, 3, 4)}.get(how, (0, 1, 3))
        if not self.said and code in (-signal.SIGINT, -signal.SIGTERM):
            return ""  # the interpreter itself had only begun
        if code not in codes:
            return f"exit {code}: {self.said.strip()[-1500:]}"
        bad = [word for word in ("harness fault", "Traceback") if word in self.said]
        return f"it says {bad}: {self.said.strip()[-1500:]}" if bad and how != "kill-part" else ""


def _kept(certificate: Certificate | None) -> set[str]:
    if certificate is None:
        return set()
    kept = {
        f"{example.finding.promise} {example.finding.anomaly}"
        for result in certificate.subjects
        for promise in result.promises
        for example in promise.counterexamples
    }
    return kept.union(
        *({key.replace(":", "", 1) for key in result.withdrawn} for result in certificate.subjects)
    )


def _kind(name: str) -> str:
    if name in ("supervisor", "services"):
        return name
    return "server" if name in ("postgres", "initdb", "copy", "redis", "kafka") else "service"
