"""The harness's end of the warden, from which all processes of a run come (warden_process.py)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class Warden:
    """Starts the warden's process and ends it.

    The kernel counts the parent's death from the end of the thread that forked, so the fork is made by a thread
    that ends with this object.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "shaketable-warden")
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, socket: Path, log: Path) -> int:
        """Start it, listening at `socket` before long; its pid."""
        process = await asyncio.get_running_loop().run_in_executor(self._thread, _popen, socket, log)
        self._process = process
        return process.pid

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    async def close(self) -> None:
        """End it; its children go with it."""
        if self._process is not None:
            self._process.kill()
            await asyncio.get_running_loop().run_in_executor(self._thread, self._process.wait)
            self._process = None
        self._thread.shutdown()


def _popen(socket: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "shaketable.real.supervision.supervisor_process",
                str(os.getpid()),
                str(socket),
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **python_env()},
            start_new_session=True,  # a Ctrl-C of the terminal is for the command; it will tell the others
        )


def python_env() -> dict[str, str]:
    """What lets a new interpreter import all that this one can."""
    return {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path), "PYTHONUNBUFFERED": "1"}
