"""Code of a component that never comes back ends with one line that names its place, and leaves nothing behind."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from shaketable import certify
from shaketable.components import world
from shaketable.components.scheduling import watchdog
from shaketable.components.scheduling.watchdog import Overdue, Watchdog
from shaketable.components.world import ComponentWorld
from shaketable.errors import SubjectError
from shaketable.runner import execute
from shaketable.schedule import Schedule
from tests.quality.cases.breakers_correct import variant
from tests.unit.components import spinning
from tests.unit.components.spinning import KINDS, Passing

LIMIT_S = 0.2


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a run be overdue soon, and the alarm be free, whatever ran in this process before."""
    monkeypatch.setattr(world, "RUN_S", LIMIT_S)
    monkeypatch.setattr(watchdog, "_AGAIN_S", 0.05)
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGALRM, before)


def line_of(kind: type[Passing]) -> int:
    lines, first = inspect.getsourcelines(kind)
    return next(first + place for place, line in enumerate(lines) if "# here" in line)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kind", KINDS)
def test_what_never_comes_back_is_ended_at_its_line(kind: type[Passing]) -> None:
    with pytest.raises(SubjectError) as caught:
        certify(spinning.subject(kind))
    said = str(caught.value)
    assert "did not end within 0.2 s, at " in said
    place, _, number = said.partition(", at ")[2].partition(": ")[0].rpartition(":")
    assert Path(place) == Path(spinning.__file__)
    assert abs(int(number) - line_of(kind)) <= 1
    frames = [Path(entry.path).parts for entry in caught.traceback]
    assert not [parts for parts in frames if "components" in parts and "harness" in parts]


@pytest.mark.usefixtures("hasty")
def test_it_keeps_to_the_time_that_is_computed_where_another_waits_for_the_alarm() -> None:
    rung: list[int] = []

    def ring(number: int, _frame: FrameType | None) -> None:
        rung.append(number)

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(SubjectError, match=r"did not end within 0\.05 s of computing, at .*spinning\.py"):
            certify(spinning.subject(spinning.InTask))
        assert rung == [signal.SIGALRM]
        assert signal.getsignal(signal.SIGALRM) is ring
        assert signal.getsignal(signal.SIGVTALRM) == signal.SIG_DFL
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_timer_of_the_user_without_a_handler_goes_on() -> None:
    signal.setitimer(signal.ITIMER_REAL, 1_000)
    try:
        subject = variant("plain")
        execute(ComponentWorld(), subject, Schedule(subject.name, ()))
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_a_run_leaves_neither_a_timer_nor_a_handler() -> None:
    subject = variant("plain")
    execute(ComponentWorld(), subject, Schedule(subject.name, ()))
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


@pytest.mark.usefixtures("hasty")
def test_a_debugger_that_waits_for_its_user_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_is_debugged", lambda: True)
    guard = Watchdog(0.05, "it did not end", callers=__file__)
    with guard:
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            pass


def test_only_what_a_caller_of_the_subject_runs_is_ended() -> None:
    with Watchdog(0.05, "it did not end", callers="/none"):
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            pass


def test_it_watches_nothing_in_another_thread() -> None:
    caught: list[BaseException] = []

    def watch() -> None:
        try:
            with Watchdog(0.05, "it did not end"):
                pass
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert caught == []


@pytest.mark.usefixtures("hasty")
def test_the_time_over_is_told_even_if_what_ends_it_is_swallowed() -> None:
    guard = Watchdog(0.05, "it did not end", callers=__file__)
    guard.start()
    try:
        while True:
            pass
    except Overdue:
        pass
    with pytest.raises(SubjectError, match=r"it did not end within 0\.05 s"):
        guard.end()


UNSTOPPABLE = """
from shaketable.components import world
from shaketable.components.scheduling import watchdog
world.RUN_S, watchdog._AGAIN_S = 0.2, 0.05
from tests.unit.components import spinning
"""


def test_a_test_whose_subject_catches_everything_ends_pytest_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        UNSTOPPABLE
        + "from shaketable import certify\n\ndef test_it():\n    certify(spinning.unstoppable())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2, done.stdout
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("shaketable: ")]
    assert "did not end within 0.2 s, at " in said
    assert spinning.__file__ in said
