"""One worker process: jobs come in on stdin, answers go out on what was stdout. It never outlives its parent."""

from __future__ import annotations

import os
import select
import signal
import time
import traceback
from types import FrameType

from shaketable.errors import UsageError
from shaketable.explore.certify import certify_subject
from shaketable.explore.generate.interpreter import tuned_interpreter
from shaketable.explore.mutation import hunt
from shaketable.explore.pool.jobs import (
    Answer,
    Certified,
    Certify,
    Explore,
    Failed,
    Final,
    Hunt,
    Hunted,
    Job,
    Shorten,
    Underway,
    decode_job,
    encode,
    unusable,
)
from shaketable.explore.pool.worker_tasks import explore, shorten
from shaketable.explore.progress import Progress
from shaketable.world import LastingWorld, World

STOP = b"stop\n"
"""The run in progress is given up, and nothing further is done."""
ENOUGH = b"enough\n"
"""No more generated runs are wanted."""
_LISTEN_EVERY_S = 0.2
_ORPHANED = 3  # exit code when the parent is gone


class Pipes:
    """Both ends to the parent. While a job runs a timer listens, since a subject may never give control back."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)  # what a subject prints must not end up between the answers
        self._readable = select.poll()
        self._readable.register(0, select.POLLIN)
        self._waiting = b""
        self._lasting: dict[int, LastingWorld] = {}
        self._idle = True
        self.stopped = False
        self.enough = False

    def keep(self, world: World) -> None:
        """Remember what has to be interrupted when this worker is to stop, and closed at its end."""
        if isinstance(world, LastingWorld):
            self._lasting[id(world)] = world

    def close_worlds(self) -> None:
        """Take down what was kept. From now on nobody is listened to."""
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for world in self._lasting.values():
            world.close()

    def send(self, answer: Answer) -> None:
        """Write one answer; without a parent to read it this process ends."""
        data = encode(answer)
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except BrokenPipeError:
            os._exit(_ORPHANED)

    def next_job(self) -> Job | None:
        """Wait for the next job; None when there is none to come."""
        self._idle = True
        line = ENOUGH
        while line == ENOUGH:  # said of a job that is done already
            while b"\n" not in self._waiting:
                data = os.read(0, 1 << 16)
                if not data:
                    return None
                self._waiting += data
            line, ended, self._waiting = self._waiting.partition(b"\n")
            line += ended
        self._idle = self.enough = False
        return None if line == STOP else decode_job(line)

    def listen(self, _signal: int, _frame: FrameType | None) -> None:
        """While a job runs the parent says `stop`, or nothing any more."""
        if self._readable.poll(0):
            data = os.read(0, 1 << 16)
            if not data:
                os._exit(_ORPHANED)
            self._waiting += data
        if ENOUGH in self._waiting:  # it may have come along with the job
            self.enough = True
            self._waiting = self._waiting.replace(ENOUGH, b"")
        if STOP in self._waiting:
            self._stop()

    def asked_to_end(self, _signal: int, _frame: FrameType | None) -> None:
        """SIGTERM: hand in what there is, and take down what runs."""
        self._stop()
        if self._idle:
            raise SystemExit

    def _stop(self) -> None:
        """One run of a simulated world is over soon enough; one on real servers takes seconds."""
        if not self.stopped:
            self.stopped = True
            for world in self._lasting.values():
                world.interrupt()


def main() -> None:
    """Work until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    pipes = Pipes()
    signal.signal(signal.SIGALRM, pipes.listen)
    signal.signal(signal.SIGTERM, pipes.asked_to_end)
    try:
        while not pipes.stopped and (job := pipes.next_job()) is not None:
            signal.setitimer(signal.ITIMER_REAL, _LISTEN_EVERY_S, _LISTEN_EVERY_S)
            with tuned_interpreter():
                result = _result(job, pipes)
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipes.send(result)
    finally:
        pipes.close_worlds()


def _result(job: Job, pipes: Pipes) -> Final:
    try:
        return _do(job, pipes)
    except UsageError as error:
        return unusable(job.subject, error)
    except Exception as error:  # whatever goes wrong is reported as this subject's fault of the harness
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        detail = "".join(traceback.format_exception(error))
        return Failed(job.subject, reason, detail=detail)


def _do(job: Job, pipes: Pipes) -> Final:
    subject = job.loader.load_subject(job.subject)
    world = job.loader.load_world(subject)
    pipes.keep(world)

    def stop() -> bool:
        return pipes.stopped

    told = _Teller(pipes)
    match job:
        case Certify():
            examined = certify_subject(
                subject,
                world,
                job.budget,
                job.seed,
                now_s=time.perf_counter,
                progress=told,
                stop=stop,
                rehearsal=job.loader.load_rehearsal(subject),
            )
            return Certified(examined)
        case Hunt():
            killed = hunt(subject, world, runs_max=job.runs_max, seed=job.seed, stop=stop, progress=told)
            return Hunted(killed, pipes.stopped and not killed.runs_to_kill)
        case Explore():
            return explore(job, subject, world, pipes.send, lambda: pipes.enough, stop)
        case Shorten():
            rehearsal = job.loader.load_rehearsal(subject)
            return shorten(job, subject, world, rehearsal, pipes.send, stop, time.perf_counter)


class _Teller:
    """Passes progress on, ten times a second at most unless something changed."""

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes
        self._last: tuple[str, int] = ("", 0)
        self._next_s = 0.0

    def __call__(self, progress: Progress) -> None:
        now_s, at = time.perf_counter(), (progress.stage, len(progress.found))
        if at != self._last or now_s >= self._next_s:
            self._last, self._next_s = at, now_s + 0.1
            self._pipes.send(Underway(progress))


if __name__ == "__main__":
    main()
