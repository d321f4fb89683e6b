"""Hostile files are refused with one line: a fixed share of the campaign, and the inputs that once were not."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from shaketable.cli import main

FILES = 100
ROOT = Path(__file__).parents[3]


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


def refused(done):
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("shaketable: ")
    return done.stderr


def test_a_share_of_the_campaign():
    """In a process of its own, so that the memory it needs is its own."""
    command = [sys.executable, "-m", "tests.hostile_files", "--files", str(FILES), "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    endings = [line.split() for line in done.stdout.splitlines()]
    assert sum(int(number) for number, *_ in endings) == FILES
    assert len({kind for _, kind, *_ in endings}) >= 6


@pytest.mark.parametrize(
    "deep", [b"a." * 50_000 + b"a = 1", b"[" + b"a ." * 30_000 + b"a]", b'"a".' * 30_000 + b"a=1"]
)
def test_a_key_of_fifty_thousand_parts_is_refused_at_once(tmp_path, deep):
    (tmp_path / "deep.toml").write_bytes(b'name = "x"\n' + deep)
    began_s = time.process_time()
    assert "line 2 has a key of more than 16 parts" in refused(run("boundaries", tmp_path / "deep.toml"))
    assert time.process_time() - began_s < 1


@pytest.mark.parametrize(
    "data",
    [
        b"a = " + b"9" * 10_000, b"a = " + b"[" * 100_000, b"a = " + b"{a=" * 100_000, b"\xe9", b"\0", b"a = 1e999",
        b"a = 9999-99-99", b"a" * 1_000_000, b"'" * 100_000, b"a = '" + b"a." * 1_000, b"x" * 2_000_000,
    ],
)  # fmt: skip
def test_what_no_reader_of_toml_takes_is_refused(tmp_path, data):
    (tmp_path / "odd.toml").write_bytes(data)
    began_s = time.process_time()
    refused(run("boundaries", tmp_path / "odd.toml"))
    assert time.process_time() - began_s < 2


@pytest.mark.parametrize("suffix", [".json", ".toml"])
@pytest.mark.parametrize("command", ["replay", "shrink", "boundaries", "verify"])
@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "loop", "missing"])
def test_what_is_no_file_is_refused(tmp_path, suffix, command, kind):
    path = tmp_path / f"odd{suffix}"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "loop":
            path.symlink_to(path.name)
    refused(run(command, path))


@pytest.mark.parametrize("key", [b"\xe9", b"\\ud800", b"\\u0000", b"a\0"])
def test_a_key_that_is_no_text_is_refused(tmp_path, key):
    path = tmp_path / "schedule.json"
    path.write_bytes(b'{"format": "shaketable/schedule", "version": 1, "' + key + b'": 3}')
    refused(run("replay", path))


@pytest.mark.parametrize(
    "value", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5_000, b"1e999", b"-" * 9, b'"\\ud800"']
)
def test_a_value_that_no_step_can_hold_is_refused(tmp_path, value):
    path = tmp_path / "schedule.json"
    path.write_bytes(
        b'{"format": "shaketable/schedule", "version": 1, "schedule": {"subject": "jar/sound", "steps": '
        b'[{"step": "do", "f": "put", "value": ' + value + b"}]}}"
    )
    refused(run("replay", path, "--subject", "jar_subject:sound"))
