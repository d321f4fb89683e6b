"""A worker process as its parent sees it: jobs go in, lines come out, and nothing of it outlives `end`."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from shaketable.explore.pool.jobs import Failed, Job, encode
from shaketable.explore.pool.pipes import ENOUGH, HELD_BACK, STOP, TELL_WHERE
from shaketable.killed_child import kill

_DETAIL_BYTES = 4_000
_DIES_WITHIN_S = 10.0
_TELLS_WITHIN_S = 2.0
_TAKES_WITHIN_S = 60.0
"""For a worker to read what it is given: an idle one does at once, a new one when it has imported everything."""
_ASK_EVERY_S = 0.05


class WorkerProcess:
    """One child process and the job it works on.

    It ends with this process, which alone holds the pipe to its stdin; if the subject's code never gives control back, by
    the kernel's signal at the end of the thread that made this object, which has to outlive it.
    """

    def __init__(self) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        # A Ctrl-C or a termination of the whole group is for this process to decide on, also before the worker can say so.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "shaketable.explore.pool.worker_main", str(os.getpid())],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._in, self.out = self._child.stdin, self._child.stdout
        os.set_blocking(self._in.fileno(), False)
        self._writable = select.poll()
        self._writable.register(self._in.fileno(), select.POLLOUT)
        self._waiting = b""
        self._took_nothing = ""
        self.job: Job | None = None
        self._heard_s = 0.0
        self._waited_before_s = 0.0
        self.obeys = False
        """True once it has said that it stops."""

    @property
    def pid(self) -> int:
        return self._child.pid

    def give(self, job: Job) -> None:
        """Give it `job`, to be done after what it was given before."""
        self.job = job
        self.heard()
        self._write(encode(job))

    def heard(self) -> None:
        """Note that it gave a sign of life now."""
        self._heard_s = time.monotonic()
        self._waited_before_s = self.waited_s()

    def is_silent(self, for_s: float) -> bool:
        """Tell whether it gave none for so long; the time in which it waited for a processor does not count."""
        silent_s = time.monotonic() - self._heard_s
        return silent_s > for_s and silent_s - (self.waited_s() - self._waited_before_s) > for_s

    def waited_s(self) -> float:
        """Return the seconds that it has waited for a processor so far; 0.0 where the kernel does not tell."""
        try:
            return int(Path(f"/proc/{self._child.pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def ask_to_stop(self) -> None:
        """Let it give up its run and hand in what it has."""
        self._write(STOP)

    def end_exploring(self) -> None:
        """Let it finish its run and begin no other."""
        self._write(ENOUGH)

    def _write(self, data: bytes) -> None:
        """Write as it reads; one that does not read is killed, and its end of stdout says so as of any that dies."""
        left = memoryview(data)
        give_up_s = time.monotonic() + _TAKES_WITHIN_S
        while left:
            try:
                left = left[os.write(self._in.fileno(), left) :]
            except BlockingIOError:
                left_s = give_up_s - time.monotonic()
                if left_s <= 0 or not self._writable.poll(left_s * 1000):
                    self._took_nothing = f"; it had not read what it was given in {_TAKES_WITHIN_S:g} s"
                    self._child.kill()
                    return
            except BrokenPipeError:  # it died; its end of stdout says so too
                return

    def read(self) -> list[bytes] | None:
        """Read the whole lines that have arrived; None when the worker is gone."""
        data = os.read(
            self.out.fileno(), 1 << 20
        )  # waits for nothing: the pool reads what its selector has seen
        if not data:
            return None
        *lines, self._waiting = (self._waiting + data).split(b"\n")
        return lines

    def why_it_died(self, job: Job) -> Failed:
        """Say how it died while it did `job`, with the end of what it wrote."""
        try:
            code = self._child.wait(_DIES_WITHIN_S)
        except subprocess.TimeoutExpired:  # it has closed its stdout, and lives on
            code = kill(self._child, "a worker process")
        died = f"was killed by signal {-code}" if code < 0 else f"exited with {code}"
        return Failed(
            job.subject, f"its worker process {died}{self._took_nothing}", detail=self._said(_DETAIL_BYTES)
        )

    def where_it_waits(self) -> str:
        """Return the place of each of its threads, as it tells when it is asked; "" when it does not answer at once."""
        before = self._stderr.seek(0, os.SEEK_END)
        give_up_s = time.monotonic() + _TELLS_WITHIN_S
        self._child.send_signal(TELL_WHERE)
        told = size = before
        while (told == before or size != told) and time.monotonic() < give_up_s:
            told = size
            time.sleep(_ASK_EVERY_S)
            size = self._stderr.seek(0, os.SEEK_END)
        return self._said(min(_DETAIL_BYTES, size - before))

    def _said(self, bytes_max: int) -> str:
        """Return the end of what it wrote to its stderr."""
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - bytes_max))
        return self._stderr.read().decode(errors="replace")

    def close_input(self) -> None:
        """Give it no further job: it takes down what it keeps, and ends."""
        with contextlib.suppress(BrokenPipeError):
            self._in.close()

    def has_ended(self, within_s: float) -> bool:
        """Wait for its end, no longer than that, and tell whether it has come."""
        try:
            self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """Leave nothing of it; it is killed unless it has ended."""
        self.close_input()
        try:
            kill(self._child, "a worker process")
        finally:
            self.out.close()
            self._stderr.close()
