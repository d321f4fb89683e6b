"""A real command that a test ends in the middle, and what is left of it: processes by a mark in their environment, folders."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shaketable.real.bounded_waits import wait_until
from shaketable.real.supervision.identity import Identity
from shaketable.real.supervision.run_directory import recorded
from tests.ends.left_behind import LeftBehind

BROKEN = "order-saga/as-listed"
# Two sets of servers have every part of a search that more have, and start in half the time.
_SEARCH = ("certify", BROKEN, "--world", "processes", "--sets", "2", "--out", "{folder}/out")
CERTIFY = (*_SEARCH, "--budget", "60s")
CERTIFY_ONE_RUN = (*_SEARCH, "--runs", "1")
BOUNDARIES = ("boundaries", BROKEN, "--world", "processes")

ENDS_WITHIN_S = 8.0
"""Two are promised; on a machine that runs other tests meanwhile a worker has so long to hand in what it found."""
_GONE_WITHIN_S = 40


class EndedCommand:
    """`shaketable ARGUMENTS`, with a temporary folder of its own."""

    def __init__(self, folder: Path, arguments: tuple[str, ...]) -> None:
        self.folder = folder
        self.left = LeftBehind(folder)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shaketable", *arguments],
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    async def reach(self, moment: str) -> None:
        """Wait for a moment in its life: what it says, a process of its run, or "", its run's folder."""
        if moment.startswith("say "):
            self.wait_for(moment.removeprefix("say "))
        else:
            await self.wait_for_process(moment)

    def wait_for(self, text: str) -> None:
        """Read what it says until it has said `text`."""
        assert self.process.stderr is not None
        said = []
        for line in self.process.stderr:
            if text in line:
                return
            said.append(line)
        raise AssertionError(f"{text!r} was never said, but {said}")

    async def wait_for_process(self, name: str) -> None:
        """Wait until it has started a process of its run by this name; "" is its run's folder."""

        def is_there() -> bool:
            assert self.process.poll() is None, self.process.communicate()
            runs = self.runs()
            return bool(runs) and (not name or any(who == name for who, _ in recorded(runs[0])))

        await wait_until(is_there, within_s=60, what=f"the start of {name or 'a run'}")

    def runs(self) -> list[Path]:
        """List the folders of its runs that are there."""
        return self.left.runs()

    def everyone(self) -> list[Identity]:
        """List what is alive of all it started, itself too."""
        return self.left.processes()

    def interrupt(self) -> tuple[str, float]:
        """Send Ctrl-C to all of its session, as a terminal does; return what it said afterwards and the seconds it took."""
        sent_s = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        _, said = self.process.communicate(timeout=_GONE_WITHIN_S)
        return said, time.monotonic() - sent_s

    async def nothing_left(self) -> None:
        """Wait for the end of every process and folder, without another start."""
        await wait_until(
            lambda: not self.left.told(),
            within_s=_GONE_WITHIN_S,
            what="the end of everything",
            explain=lambda: f"{self.left.told()}",
        )


@contextmanager
def command(*arguments: str) -> Iterator[EndedCommand]:
    """Run one that is killed at the end of the block, if it still runs."""
    # A socket's path has about a hundred characters: pytest's own folder can take all of them.
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        Path(folder).chmod(0o711)  # a server under another user passes through
        own = tuple(one.format(folder=folder) for one in arguments)
        ended = EndedCommand(Path(folder), own)
        with ended.process:
            try:
                yield ended
            finally:
                ended.process.kill()
