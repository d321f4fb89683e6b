"""The world of these tests: one for each file, whose servers run as long as the file."""

from collections.abc import Iterator

import pytest

from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.world import RealWorld


@pytest.fixture(scope="module")
def world() -> Iterator[RealWorld]:
    opened = RealWorld("processes", lambda system: ProcessLauncher(system.entries), scale=20)
    yield opened
    opened.close()
