"""Nothing survives a command, however it ends; and nothing of any other is touched."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from shaketable.real.bounded_waits import wait_until
from shaketable.real.supervision import run_directory
from shaketable.real.supervision import sweep as sweep_module
from shaketable.real.supervision.identity import Identity, identity_of, is_alive, of_run, send
from shaketable.real.supervision.run_directory import RunDirectory, Started, recorded
from shaketable.real.supervision.sweep import sweep
from tests.processes.started import (
    NOTHING,
    alive,
    everyone,
    kill_reapers,
    needs_the_extra,
    run,
    started,
)


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def abandoned(parent: Path, *started: Started, owner: Started | None = None) -> Path:
    """Make the folder of a run whose command is dead."""
    folder = parent / "shaketable-4194000-abc"
    folder.mkdir()
    (folder / "owner").write_bytes(msgspec.json.encode(owner or Started("command", 4_194_000, 1)))
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in started)
    (folder / "processes").write_bytes(lines + b'{"name":"half a li')
    return folder


def as_started(pid: int) -> Started:
    identity = identity_of(pid)
    assert identity is not None
    return Started("postgres", pid, identity.started)


@needs_the_extra
@pytest.mark.parametrize("how", ["", "pause"])
def test_after_a_kill_nothing_runs_and_the_next_start_removes_the_rest(how):
    async def story():
        command = [sys.executable, "-m", "tests.processes.abandoned_command", *how.split()]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
            assert killed.stdout is not None
            folder = Path(killed.stdout.readline().decode().strip())
            who = everyone(folder)
            assert len(alive(who)) >= 10
            kill_reapers(killed.pid)
            killed.kill()
        if not how:  # the kernel ends them at once; what stands still waits for the sweep
            await wait_until(lambda: not alive(who), within_s=2, what="the end of all")
        assert folder.exists()
        async with started(NOTHING):
            assert alive(who) == []
            assert not folder.exists()

    run(story())


def test_a_recorded_process_of_a_dead_command_is_ended(tmp_path, stranger):
    folder = abandoned(tmp_path, as_started(stranger.pid))
    run(ended(tmp_path, [f"postgres ({stranger.pid})"]))
    assert stranger.wait(2) == -signal.SIGKILL
    assert not folder.exists()


def test_a_process_that_got_a_recorded_number_later_is_not_touched(tmp_path, stranger):
    real = as_started(stranger.pid)
    folder = abandoned(tmp_path, Started("postgres", real.pid, real.started - 1))
    run(ended(tmp_path, []))
    assert stranger.poll() is None
    assert not folder.exists()
    assert not send(Identity(real.pid, real.started - 1), signal.SIGKILL)
    assert stranger.poll() is None


@pytest.mark.parametrize("inside", [True, False])
def test_what_outlived_a_recorded_process_is_ended_if_it_works_in_the_run(tmp_path, inside):
    swept, elsewhere = tmp_path / "swept", tmp_path / "elsewhere"
    swept.mkdir()
    elsewhere.mkdir()
    folder = abandoned(swept)
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 60 >&2 & echo $!"],
        cwd=folder if inside else elsewhere,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    said, _ = leader.communicate()
    helper = identity_of(int(said))
    assert helper is not None
    (folder / "processes").write_bytes(msgspec.json.encode(Started("initdb", leader.pid, 1)) + b"\n")
    run(ended(swept, []))
    assert is_alive(helper) is not inside
    assert send(helper, signal.SIGKILL) is not inside
    assert not folder.exists()


@pytest.mark.parametrize("own", [True, False])
def test_what_a_run_started_is_ended_wherever_it_works_and_whatever_its_group(tmp_path, own):
    swept = tmp_path / "swept"
    swept.mkdir()
    folder = abandoned(swept)
    other = tmp_path / "shaketable-1-other"
    daemon = subprocess.Popen(
        ["sleep", "60"],
        cwd="/",
        env={**os.environ, "SHAKETABLE_RUN": str((folder if own else other).resolve())},
        start_new_session=True,
    )
    run(ended(swept, []))
    assert (daemon.poll() == -signal.SIGKILL) is own
    daemon.kill()
    daemon.wait()
    assert not folder.exists()


def test_a_folder_that_another_command_sweeps_meanwhile_is_passed_over(tmp_path, stranger, monkeypatch):
    torn = tmp_path / "shaketable-4193999-torn"
    torn.mkdir()
    later = abandoned(tmp_path, as_started(stranger.pid))
    monkeypatch.setattr(sweep_module, "identity_of", lambda _: torn.rmdir())  # None: its command is dead
    run(ended(tmp_path, [f"postgres ({stranger.pid})"]))
    assert not later.exists()


@needs_the_extra
def test_the_death_of_the_supervisor_alone_leaves_nothing_once_the_launcher_is_closed():
    async def story():
        async with started() as launcher:
            folder, who = launcher.run_folder, everyone(launcher.run_folder)
            supervisor = next(one for name, one in recorded(folder) if name == "supervisor")
            assert send(supervisor, signal.SIGKILL)
        assert alive(who) == []
        assert of_run(folder, ()) == set()
        assert not folder.exists()

    run(story())


def test_a_run_whose_command_lives_is_left_alone(tmp_path, stranger):
    folder = abandoned(tmp_path, as_started(stranger.pid), owner=as_started(os.getpid()))
    run(ended(tmp_path, []))
    assert stranger.poll() is None
    assert folder.exists()


@pytest.fixture
def short_path():
    """A socket's path has about a hundred characters; that of a test's own folder can take all of them."""
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        yield Path(folder)


def test_a_locked_run_is_left_alone_even_if_its_owner_is_not_to_be_seen(short_path, stranger):
    own = RunDirectory(short_path)
    own.record("postgres", stranger.pid)
    (own.path / "owner").write_bytes(
        msgspec.json.encode(Started("command", 4_194_000, 1))
    )  # another pid namespace
    run(ended(short_path, []))
    assert stranger.poll() is None
    assert recorded(own.path) == [("postgres", identity_of(stranger.pid))]
    own.remove()


def test_a_run_that_is_being_made_is_left_alone_at_every_moment(short_path, monkeypatch):
    swept = []

    def flock(*lock: int) -> None:
        swept.append(asyncio.run(sweep(short_path)))
        fcntl.flock(*lock)
        swept.append(asyncio.run(sweep(short_path)))

    busy = SimpleNamespace(flock=flock, LOCK_EX=fcntl.LOCK_EX, LOCK_NB=fcntl.LOCK_NB)
    monkeypatch.setattr(run_directory, "fcntl", busy)
    directory = RunDirectory(short_path)
    assert swept == [[], []]
    assert [entry.name for entry in sorted(directory.path.iterdir())] == ["control", "logs", "owner"]
    directory.remove()


def test_folders_of_others_and_links_are_not_read(tmp_path, stranger):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = abandoned(elsewhere, as_started(stranger.pid))
    swept = tmp_path / "swept"
    swept.mkdir()
    (swept / folder.name).symlink_to(folder)
    if os.geteuid() == 0:  # only root can give a folder away
        given = tmp_path / "given"
        given.mkdir()
        os.chown(abandoned(given, as_started(stranger.pid)), 65534, 65534)
        run(ended(given, []))
    run(ended(swept, []))
    assert stranger.poll() is None
    assert folder.exists()


def test_other_folders_of_the_temporary_directory_stay(tmp_path):
    for name in ("shaketable-notes", "shaketable-12-new", "other-12-x"):
        (tmp_path / name).mkdir()
    run(ended(tmp_path, []))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other-12-x",
        "shaketable-12-new",
        "shaketable-notes",
    ]


def test_a_run_lives_in_the_temporary_directory_and_is_private():
    own = RunDirectory()
    assert own.path.parent == Path(tempfile.gettempdir())
    assert own.path.name.startswith(f"shaketable-{os.getpid()}-")
    assert own.control.stat().st_mode & 0o077 == 0
    own.remove()
    assert not own.path.exists()


def test_a_zombie_is_not_alive(stranger):
    identity = identity_of(stranger.pid)
    assert identity is not None
    stranger.kill()
    os.waitid(os.P_PID, stranger.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(identity)


async def ended(parent: Path, expected: list[str]) -> None:
    assert await sweep(parent) == expected


def test_what_is_left_of_a_folder_that_was_removed_goes_and_what_is_being_made_stays(tmp_path):
    torn, being_made = tmp_path / "shaketable-4194000-torn", tmp_path / f"shaketable-{os.getpid()}-new"
    for folder in (torn, being_made):
        (folder / "service-order").mkdir(parents=True)
        os.utime(folder, (1_000, folder.stat().st_mtime - 10))
    run(sweep(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [being_made.name]
