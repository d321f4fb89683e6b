"""A search that is killed: what it had told by then is on disk, can be used, and the next command says so."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from test_interrupt import start, wait_for

from shaketable.report import certificate_file, certificate_folder, unfinished_folder

HERE = Path(__file__).parent
WITHIN_S = 30


def killed(child):
    """Send SIGKILL to the whole group: nothing of it can do anything any more."""
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate(timeout=WITHIN_S)


def after_a_kill(tmp_path):
    """Kill a search at the moment at which it tells what it has found; return the folder that it was to write."""
    child = start(tmp_path, "broken", "sound")
    wait_for(child, "jar/broken: found JR-1: overdrawn")
    killed(child)
    return tmp_path / "out"


def run(tmp_path, *specs, limit):
    child = start(tmp_path, *specs, limit=limit)
    out, err = child.communicate(timeout=WITHIN_S)
    return child.returncode, out, err


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "shaketable", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True, text=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_what_was_told_as_found_is_on_disk_with_its_story(tmp_path):
    out = after_a_kill(tmp_path)
    ((place, certificate),) = unfinished_folder.left_behind(out)
    assert certificate.interrupted
    (result,) = [s for s in certificate.subjects if s.subject == "jar/broken"]
    assert result.spent.runs >= 1
    (example,) = [e for promise in result.promises for e in promise.counterexamples]
    schedule = place / certificate_folder.schedule_path(example.file)
    assert (place / certificate_folder.history_path(example.file)).exists()
    assert "overdrawn" in (place / certificate_folder.PAGE).read_text()
    code, told, err = command("replay", schedule, "--subject", "jar_subject:broken")
    assert code == 0, err
    assert "1 of 1 failed the same way" in told


def test_verify_reads_what_a_killed_search_left(tmp_path):
    out = after_a_kill(tmp_path)
    ((place, _),) = unfinished_folder.left_behind(out)
    code, told, err = command(
        "verify", place, "--subject", "jar_subject:broken", "--subject", "jar_subject:sound"
    )
    assert "the certificate says that its run was interrupted" in err
    assert "differs" not in told
    assert "changed" not in told
    assert code in {0, 3}


def test_the_next_command_says_so_and_takes_nothing_of_it_away(tmp_path):
    out = after_a_kill(tmp_path)
    code, _, err = run(tmp_path, "sound", "sound", limit=("--runs", "30"))
    assert code == 0, err
    assert f"{out / 'unfinished' / '1'} keeps what `shaketable certify" in err
    assert "1 counterexample in" in err
    ((place, _),) = unfinished_folder.left_behind(out)
    assert place.name == "1"
    assert certificate_file.load(out / certificate_folder.CERTIFICATE).subjects
    _, _, err = command("verify", out, "--subject", "jar_subject:sound")
    assert f"{place} keeps what a command that was cut off had found" in err
    assert "not in the digest" not in err


def test_a_search_that_comes_to_its_end_leaves_none_of_that(tmp_path):
    code, _, err = run(tmp_path, "broken", limit=("--runs", "30"))
    assert code == 1, err
    assert not (tmp_path / "out" / "unfinished").exists()


def test_while_a_search_goes_on_nothing_is_said_of_it(tmp_path):
    child = start(tmp_path, "broken")
    try:
        wait_for(child, "jar/broken: found JR-1: overdrawn")
        assert list((tmp_path / "out" / "unfinished").iterdir())
        assert unfinished_folder.left_behind(tmp_path / "out") == []
    finally:
        killed(child)
    assert len(unfinished_folder.left_behind(tmp_path / "out")) == 1
