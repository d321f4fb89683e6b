"""A worker hears its parent whenever its timer fires, and never waits for what was read already."""

import os
import signal
import subprocess
import sys

import pytest

from shaketable.explore.pool import pipes
from shaketable.explore.pool.pipes import ENOUGH, STOP, Pipes


class Parent:
    """The other end of a worker's stdin, and the poll of it; `meanwhile` is called between the poll and the read."""

    def __init__(self, said: bytes) -> None:
        self.said = said
        self.meanwhile = lambda: None

    def poll(self, _: int) -> bool:
        there = bool(self.said)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return there

    def read(self, _fd: int, _size: int) -> bytes:
        assert self.said, "it would wait for ever"
        said, self.said = self.said, b""
        return said


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch):
    """Return a maker of pipes whose parent has said something."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGTERM)}
    monkeypatch.setattr(os, "dup2", lambda *_: None)

    def made(said: bytes) -> tuple[Pipes, Parent]:
        parent, made = Parent(said), Pipes()
        os.close(made._out)
        monkeypatch.setattr(made, "_readable", parent)
        monkeypatch.setattr(pipes.os, "read", parent.read)
        return made, parent

    yield made
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("said", "heard"), [(ENOUGH, "enough"), (STOP, "stopped")])
def test_a_timer_that_fires_while_it_listens_takes_nothing_away(listening, said, heard):
    ours, parent = listening(said)
    parent.meanwhile = lambda: ours._listen(signal.SIGALRM, None)
    ours._listen(signal.SIGALRM, None)
    assert getattr(ours, heard)


def test_it_listens_again_after_a_run_was_interrupted(listening):
    ours, parent = listening(STOP)

    class Lasting:
        def interrupt(self) -> None:
            raise KeyboardInterrupt

    ours._lasting[0] = Lasting()
    with pytest.raises(KeyboardInterrupt):
        ours._listen(signal.SIGALRM, None)
    parent.said = ENOUGH
    ours._listen(signal.SIGALRM, None)
    assert ours.enough


BUSY = """
import signal
from shaketable.explore.pool.pipes import Pipes
pipes = Pipes()
signal.setitimer(signal.ITIMER_REAL, 2e-5, 2e-5)
while not pipes.stopped:
    pass
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_worker_whose_timer_never_rests_hears_all_that_is_said():
    for _ in range(3):
        worker = subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE)
        assert worker.stdin is not None
        try:
            for _ in range(200):
                worker.stdin.write(ENOUGH)
                worker.stdin.flush()
            worker.stdin.write(STOP)
            worker.stdin.flush()
            assert worker.wait(30) == 0
        finally:
            worker.kill()
            worker.wait()
            worker.stdin.close()
