"""The reaper: a process that outlives this command just long enough to remove what it left, however it ended.

What is left when the reaper dies, too, is removed by `sweep` at the next start.

`python -m shaketable.real.supervision.reaper PACKAGE.MODULE:FUNCTION SECONDS` is that process. Until its parent ends it has
imported next to nothing and only waits.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

from shaketable.entry_point import load_function
from shaketable.killed_child import kill

_ALL_GONE = b"all gone\n"
_ENDS_WITHIN_S = 10
_SWEEP_EVERY_S = 0.25
_GIVE_UP_AFTER_S = 60.0


class Reaper:
    """Waits for the end of this process, then calls `sweep`, "package.module:function", until it finds nothing for `calm_s`.

    It notices the end by a pipe that only this process holds, so a kill -9 of the command is as good as a Ctrl-C. In a
    session of its own, it is reached by neither. It gives up after a minute; what is left then is removed by the next
    start.
    """

    def __init__(self, sweep: str, *, calm_s: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shaketable.real.supervision.reaper", sweep, str(calm_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # a reader of the command's output must not wait for it
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """End it at once, for everything is removed already. Safe to call again."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it was killed
            if not self._process.stdin.closed:
                self._process.stdin.write(_ALL_GONE)
                self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            kill(self._process, "the reaper")


def main() -> None:
    """Wait for the end of the parent's pipe, then sweep."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the command; this process ends by itself
    if sys.stdin.buffer.read() == _ALL_GONE:  # no limit: it is the end of the command that is waited for
        return
    sweep, calm_s = load_function(sys.argv[1]), float(sys.argv[2])
    began_s = found_s = time.monotonic()
    while (now_s := time.monotonic()) - began_s < _GIVE_UP_AFTER_S and now_s - found_s < calm_s:
        with contextlib.suppress(Exception):  # the next try may do better, or else the next start
            if sweep():
                found_s = time.monotonic()
        time.sleep(_SWEEP_EVERY_S)


if __name__ == "__main__":
    main()
