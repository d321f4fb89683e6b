"""Jobs spread over worker processes; results come back as they are finished.

A worker that dies is a fault of the harness for the subject it worked on and for nothing else. Workers end
with this process however it ends: their stdin is a pipe that only this process holds. What a worker keeps running it
takes down at its end; what a worker that was killed kept running, the world's own undertaker does.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from harness.explore.jobs import Failed, Job, Result, Underway, decode_answer, encode
from harness.explore.progress import Progress, quiet
from harness.explore.worker import STOP
from harness.world import REAL_WORLDS

_LOOK_EVERY_S = 0.1
_GRACE_S = 1.2  # for workers to hand in what they have once they are asked to stop
_CLOSING_S = 60.0  # for workers to take down what they keep running
_CLOSING_IN_A_HURRY_S = 0.4
_HANG_S, _HANG_REAL_S = 60.0, 600.0  # a real world may have to be started first
_DETAIL_BYTES = 4_000


def _never() -> bool:
    return False


class _Worker:
    """One child process and the job it works on."""

    def __init__(self) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "harness.explore.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)},
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._in, self.out = self._child.stdin, self._child.stdout
        self._waiting = b""
        self.job: Job | None = None
        self.heard_s = 0.0

    def give(self, job: Job) -> None:
        self.job = job
        self.heard_s = time.monotonic()
        self._write(encode(job))

    def ask_to_stop(self) -> None:
        self._write(STOP)

    def _write(self, data: bytes) -> None:
        try:
            self._in.write(data)
            self._in.flush()
        except BrokenPipeError:  # it died; its end of stdout says so too
            return

    def read(self) -> list[bytes] | None:
        """The whole lines that have arrived; None when the worker is gone."""
        data = os.read(self.out.fileno(), 1 << 20)
        if not data:
            return None
        *lines, self._waiting = (self._waiting + data).split(b"\n")
        return lines

    def epitaph(self, job: Job) -> Failed:
        """Why it died, as far as can be told."""
        code = self._child.wait()
        died = f"was killed by signal {-code}" if code < 0 else f"exited with {code}"
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _DETAIL_BYTES))
        detail = self._stderr.read().decode(errors="replace")
        return Failed(job.subject, f"its worker process {died}", detail=detail)

    def hang_up(self) -> None:
        """No job is to come: it takes down what it keeps, and ends."""
        with contextlib.suppress(BrokenPipeError):
            self._in.close()

    def end(self, within_s: float = 0.0) -> None:
        """Nothing of it is left afterwards; it is killed unless it has ended in time."""
        self.hang_up()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(within_s)
        finally:  # a Ctrl-C while it takes its time ends it too
            self._child.kill()
            self._child.wait()
        self.out.close()
        self._stderr.close()


class _Pool:
    """As many workers as there is work for."""

    def __init__(self, jobs: Sequence[Job], workers_max: int, progress: Callable[[Progress], None]) -> None:
        self._jobs = deque(jobs)
        self._workers_max = workers_max
        self._progress = progress
        self._selector = selectors.DefaultSelector()
        self._workers: list[_Worker] = []

    @property
    def busy(self) -> bool:
        return any(worker.job is not None for worker in self._workers)

    def fill(self) -> None:
        """Give every idle worker a job, and start workers while there are jobs for them."""
        for worker in self._workers:
            if worker.job is None and self._jobs:
                worker.give(self._jobs.popleft())
        while self._jobs and len(self._workers) < self._workers_max:
            worker = _Worker()
            self._workers.append(worker)
            self._selector.register(worker.out, selectors.EVENT_READ, worker)
            worker.give(self._jobs.popleft())

    def listen(self, timeout_s: float) -> Iterator[Result]:
        """What arrives within the time."""
        for key, _ in self._selector.select(timeout_s):
            worker: _Worker = key.data
            worker.heard_s = time.monotonic()
            lines = worker.read()
            if lines is None:
                yield from self._bury(worker)
            else:
                yield from self._answers(worker, lines)

    def _answers(self, worker: _Worker, lines: list[bytes]) -> Iterator[Result]:
        for line in lines:
            answer = decode_answer(line)
            if isinstance(answer, Underway):
                self._progress(answer.progress)
            else:
                worker.job = None
                yield answer

    def end_hanging(self, hang_s: float) -> Iterator[Result]:
        """A subject that never gives control back must not hold up the others."""
        silent_since_s = time.monotonic() - hang_s
        for worker in [w for w in self._workers if w.job is not None and w.heard_s < silent_since_s]:
            assert worker.job is not None
            self._dismiss(worker)
            yield Failed(worker.job.subject, f"no run of it ended within {hang_s:g} s")

    def _bury(self, worker: _Worker) -> Iterator[Result]:
        failed = None if worker.job is None else worker.epitaph(worker.job)
        self._dismiss(worker)
        if failed is not None:
            yield failed

    def _dismiss(self, worker: _Worker) -> None:
        self._selector.unregister(worker.out)
        self._workers.remove(worker)
        worker.end()

    def ask_to_stop(self) -> None:
        """No further job is started; workers hand in what they have."""
        self._jobs.clear()
        for worker in self._workers:
            if worker.job is not None:
                worker.ask_to_stop()

    def close(self, within_s: float = 0.0) -> None:
        for worker in self._workers:
            worker.hang_up()
        give_up_s = time.monotonic() + within_s
        for worker in self._workers:
            worker.end(max(0.0, give_up_s - time.monotonic()))
        self._workers.clear()
        self._selector.close()


def run_jobs(
    jobs: Sequence[Job],
    *,
    workers: int | None = None,
    progress: Callable[[Progress], None] = quiet,
    stop: Callable[[], bool] = _never,
    hang_s: float | None = None,
) -> Iterator[Result]:
    """One result for each job, in the order they finish. `workers` defaults to the number of processors.
    A job of which nothing is heard for `hang_s` (a minute; ten on a real world) fails.

    Real servers are one machine's: two stacks at once would only make each other late, so one worker has them all.

    `stop` is asked ten times a second: once True, nothing further is started, workers hand in what they have
    so far, those that do not within 1.2 s are killed, and the iterator ends. Closing the iterator, or an
    exception in its consumer's thread such as KeyboardInterrupt, kills them all.
    """
    real = any(job.loader.world_name in REAL_WORLDS for job in jobs)
    hang_s = hang_s or (_HANG_REAL_S if real else _HANG_S)
    pool = _Pool(jobs, workers or (1 if real else os.cpu_count() or 1), progress)
    closing_s = 0.0
    try:
        pool.fill()
        while pool.busy and not stop():
            yield from pool.listen(_LOOK_EVERY_S)
            yield from pool.end_hanging(hang_s)
            pool.fill()
        hurry = stop()
        pool.ask_to_stop()
        give_up_s = time.monotonic() + _GRACE_S
        while pool.busy and time.monotonic() < give_up_s:
            yield from pool.listen(_LOOK_EVERY_S)
        closing_s = _CLOSING_IN_A_HURRY_S if hurry else _CLOSING_S
    finally:
        pool.close(closing_s)
