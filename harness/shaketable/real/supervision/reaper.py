"""A process that outlives this one just long enough to remove what it left, however it ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

ALL_GONE = b"all gone\n"
_ENDS_WITHIN_S = 10


class Undertaker:
    """Waits for the end of this process and then calls `sweep`, "package.module:function", until it finds nothing.

    It notices the end by a pipe that only this process holds, so a kill -9 of the command is as good as a Ctrl-C. In a
    session of its own, it is reached by neither. It gives up after a minute (undertaker_process.py); what is left
    then is removed by the next start.
    """

    def __init__(self, sweep: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shaketable.real.reaper_process", sweep],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # whoever reads what the command says must not wait for it
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Everything is removed already: it ends at once. Safe to call again."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # somebody killed it
            if not self._process.stdin.closed:
                self._process.stdin.write(ALL_GONE)
                self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
