"""A worker's pipes to its parent: jobs and words come in on stdin, answers go out on what was stdout."""

from __future__ import annotations

import faulthandler
import os
import select
import signal
from types import FrameType

from shaketable.explore.pool.jobs import Answer, Job, Obeying, decode_job, encode
from shaketable.world import LastingWorld, World

STOP = b"stop\n"
"""Give up the run in progress, and do nothing further."""
ENOUGH = b"enough\n"
"""Make no more generated runs."""
HELD_BACK = frozenset({signal.SIGINT, signal.SIGTERM})
"""Signals that a worker is started with blocked, and gets once it can act on them."""
TELL_WHERE = signal.SIGUSR1
"""Write to stderr where every thread is."""
_LISTEN_EVERY_S = 0.2
_ORPHANED = 3  # exit code when the parent is gone


class Pipes:
    """Both ends to the parent. While a job runs a timer listens, since a subject may never give control back."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)  # what a subject prints must not end up between the answers
        self._readable = select.poll()
        self._readable.register(0, select.POLLIN)
        self._unread = b""
        self._lasting: dict[int, LastingWorld] = {}
        self._idle = True
        self._is_listening = False
        self.stopped = self._obeys = False
        self.enough = False
        faulthandler.register(TELL_WHERE)
        signal.signal(signal.SIGALRM, self._listen)
        signal.signal(signal.SIGTERM, self._asked_to_end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)

    def keep(self, world: World) -> None:
        """Remember a world that has to be interrupted when this worker is to stop, at once if it is, and closed at its end."""
        if isinstance(world, LastingWorld):
            self._lasting[id(world)] = world
            if self.stopped:
                world.interrupt()

    def close_worlds(self) -> None:
        """Take down the worlds that were kept. From now on the parent is not listened to."""
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for world in self._lasting.values():
            world.close()

    def must_stop(self) -> bool:
        """Tell whether to stop; asked between runs, so that the parent learns from it that none goes on for ever."""
        if self.stopped and not self._obeys:
            self._obeys = True
            self.send(Obeying())
        return self.stopped

    def send(self, answer: Answer) -> None:
        """Write one answer; without a parent to read it this process ends."""
        data = encode(answer)
        try:
            while data:  # no limit: the parent reads as long as it lives
                data = data[os.write(self._out, data) :]
        except BrokenPipeError:
            os._exit(_ORPHANED)

    def next_job(self) -> Job | None:
        """Wait for the next job, and listen from time to time while it is done; None when there is none to come.

        Told to stop, it waits no more: only a job that was given before is still to be answered.
        """
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._idle = True
        line = ENOUGH
        while line == ENOUGH:  # said of a job that is done already
            while b"\n" not in self._unread:
                if self.stopped and not self._readable.poll(0):
                    return None
                data = os.read(0, 1 << 16)  # no limit: it ends with the parent, which has no job for it yet
                if not data:
                    return None
                self._unread += data
            line, ended, self._unread = self._unread.partition(b"\n")
            line += ended
        self._idle = self.enough = False
        if line == STOP:
            return None
        signal.setitimer(signal.ITIMER_REAL, _LISTEN_EVERY_S, _LISTEN_EVERY_S)
        return decode_job(line)

    def _listen(self, _signal: int, _frame: FrameType | None) -> None:
        """Read what the parent says while a job runs: that it is enough, or to stop.

        On a busy machine the timer may fire again while this runs. Then only the outer call reads: between finding that
        there is something and reading it, an inner one would take it, and the outer one would wait for ever.
        """
        if self._is_listening:
            return
        self._is_listening = True
        try:
            self._hear()
        finally:
            self._is_listening = False

    def _hear(self) -> None:
        if self._readable.poll(0):
            data = os.read(0, 1 << 16)
            if not data:
                os._exit(_ORPHANED)
            self._unread += data
        if ENOUGH in self._unread:  # it may have come along with the job
            self.enough = True
            self._unread = self._unread.replace(ENOUGH, b"")
        if STOP in self._unread:
            self._stop()

    def _asked_to_end(self, _signal: int, _frame: FrameType | None) -> None:
        """Send what there is and take down what runs, as SIGTERM asks."""
        self._stop()
        if self._idle and not self._unread and not self._readable.poll(0):
            raise SystemExit

    def _stop(self) -> None:
        """Interrupt runs on real servers, which take seconds; one of a simulated world is over soon enough."""
        if not self.stopped:
            self.stopped = True
            for world in self._lasting.values():
                world.interrupt()
