"""The harness's end of the supervisor, the process from which all others of a run come (supervisor_process.py)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shaketable.killed_child import kill
from shaketable.real.bounded_waits import within
from shaketable.real.supervision.program import RUN

_FORKED_WITHIN_S = 30
_ENDS_WITHIN_S = 20
"""Longer than `kill` waits."""


class Supervisor:
    """Starts the supervisor's process and ends it.

    The kernel takes the end of the thread that forked for the parent's death, so the fork is made by a thread that
    ends with this object.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "shaketable-supervisor")
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, run: Path, socket: Path, log: Path) -> int:
        """Start it and return its pid; it listens at `socket` before long. `run` is the folder of the run."""
        forked = asyncio.get_running_loop().run_in_executor(self._thread, _popen, run, socket, log)
        process = await within(forked, within_s=_FORKED_WITHIN_S, what="the supervisor to be forked")
        self._process = process
        return process.pid

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    async def close(self) -> None:
        """End it; its children go with it."""
        if self._process is not None:
            process, self._process = self._process, None
            ended = asyncio.get_running_loop().run_in_executor(self._thread, kill, process, "the supervisor")
            await within(ended, within_s=_ENDS_WITHIN_S, what="the end of the supervisor")
        over = asyncio.to_thread(self._thread.shutdown)
        await within(over, within_s=_ENDS_WITHIN_S, what="the end of the thread that forked the supervisor")


def _popen(run: Path, socket: Path, log: Path) -> subprocess.Popen[bytes]:
    module = "shaketable.real.supervision.supervisor_process"
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(os.getpid()), str(socket)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **python_env(), RUN: str(run.resolve())},
            start_new_session=True,  # a Ctrl-C of the terminal is for the command, which then ends the others
        )


def python_env() -> dict[str, str]:
    """Return the variables that let a new interpreter import all that this one can."""
    return {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path), "PYTHONUNBUFFERED": "1"}
