"""Ctrl-C on the real command: it ends within two seconds, keeps what was found and says so."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from shaketable.cli import certify, main
from shaketable.cli.results import Results
from shaketable.report import certificate_file

HERE = Path(__file__).parent
LIMIT_S = 2.0


def start(tmp_path, *specs):
    command = [
        sys.executable,
        "-m",
        "shaketable",
        "certify",
        *[f"jar_subject:{s}" for s in specs],
        "--budget",
        "60s",
    ]
    return subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")], env={**os.environ, "PYTHONPATH": str(HERE)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def interrupted(child):
    """Send SIGINT to the whole group, as a terminal does."""
    sent_s = time.monotonic()
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=20)
    return out, err, time.monotonic() - sent_s


def wait_for(child, text):
    for line in child.stderr:
        if text in line:
            return
    pytest.fail(f"{text!r} was never said")


def test_what_was_found_is_kept(tmp_path):
    child = start(tmp_path, "known_broken", "slow")
    wait_for(child, "jar/known: violated")
    _, err, took_s = interrupted(child)
    assert took_s < LIMIT_S
    assert "interrupted: " in err
    assert child.returncode == 3
    certificate = certificate_file.load(tmp_path / "out" / "certificate.json")
    assert certificate.interrupted
    assert "jar/known" in [s.subject for s in certificate.subjects]


def test_a_subject_that_hangs_does_not_hold_it_up(tmp_path):
    child = start(tmp_path, "known_broken", "hanging")
    wait_for(child, "jar/known: violated")
    out, _, took_s = interrupted(child)
    assert took_s < LIMIT_S
    assert "breaks JR-1: overdrawn" in out
    assert [s.subject for s in certificate_file.load(tmp_path / "out" / "certificate.json").subjects] == [
        "jar/known"
    ]


def test_the_command_as_a_process_exits_with_its_verdict(tmp_path):
    child = start(tmp_path, "sound", "nothing")
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err.count("\n")) == (2, 1)


def test_a_termination_is_an_interruption_and_what_was_found_is_in_the_certificate(tmp_path):
    child = start(tmp_path, "broken", "slow")
    wait_for(child, "jar/broken: violated")
    child.terminate()
    out, err = child.communicate(timeout=20)
    assert child.returncode == 1
    assert "interrupted: " in err
    certificate = certificate_file.load(tmp_path / "out" / "certificate.json")
    assert certificate.interrupted
    (example,) = (
        next(s for s in certificate.subjects if s.subject == "jar/broken").promises[0].counterexamples
    )
    assert (tmp_path / "out" / "counterexamples" / f"{example.file}.history.jsonl").is_file()
    assert "every verdict is the expected one" not in out


def test_an_interruption_before_anything_was_judged_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(certify, "certify_all", lambda *_: Results(interrupted=True))
    done = CliRunner().invoke(main, ["certify", "jar_subject:sound", "--out", str(tmp_path / "out")])
    assert done.exit_code == 3
    assert "none of 1 subjects was judged; nothing was written" in done.stderr
    assert not (tmp_path / "out").exists()
