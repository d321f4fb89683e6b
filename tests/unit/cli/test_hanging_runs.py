"""A run that never ends, in the command's own process: it costs one line and exit 2, as it does in a worker."""

import os
import subprocess
import sys
import time
from pathlib import Path

import jar_subject
import pytest
from click.testing import CliRunner

from shaketable.cli import boundaries, interrupt, main
from shaketable.schedule import Do, Schedule, dumps

LIMIT_S = 0.3


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(interrupt, "HANG_S", LIMIT_S)


@pytest.fixture
def schedule(tmp_path):
    file = tmp_path / "schedule.json"
    file.write_bytes(dumps(Schedule("jar/hanging", (Do("put", {"coins": 1}),) * 5)))
    return file


def ends_with_one_line(*arguments):
    began_s = time.monotonic()
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert time.monotonic() - began_s < 30
    assert done.exit_code == 2
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith(("shaketable: jar/", "shaketable: order-saga/hardened: "))
    assert f"no run of it ended within {LIMIT_S:g} s: its code loops for ever" in line
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", ["replay", "shrink"])
def test_a_schedule_whose_run_hangs(command, schedule):
    ends_with_one_line(command, schedule, "--subject", "jar_subject:hanging")


def test_the_boundaries_of_a_subject_that_hangs(monkeypatch):
    monkeypatch.setattr(boundaries, "traced", jar_subject.hang)
    ends_with_one_line("boundaries", "order-saga/hardened")


def test_runs_that_are_made_again_by_verify_and_hang(tmp_path, monkeypatch):
    out = tmp_path / "out"
    CliRunner().invoke(main, ["certify", "jar_subject:broken", "--runs", "20", "--out", str(out)])
    monkeypatch.setattr(jar_subject.JarRun, "finish", jar_subject.hang)
    ends_with_one_line("verify", out, "--reproduce", "1", "--subject", "jar_subject:broken")


def test_runs_that_end_are_not_counted_together(schedule):
    done = CliRunner().invoke(
        main, ["replay", str(schedule), "--times", "12", "--subject", "jar_subject:takes_a_while"]
    )
    assert (done.exit_code, done.stdout.splitlines()) == (0, ["0 of 12 broke a promise"])


SWALLOWS = """
import time
import jar_subject
from shaketable.cli import interrupt, main
interrupt.HANG_S = interrupt._AGAIN_S = 0.2
def swallow(run, step):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
jar_subject.JarRun.apply = swallow
main(["replay", {schedule!r}, "--subject", "jar_subject:hanging"])
"""


def test_a_run_that_swallows_every_interruption_takes_the_command_with_it(schedule):
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWS.format(schedule=str(schedule))],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "jar/hanging: no run of it ended within 0.2 s" in done.stderr
