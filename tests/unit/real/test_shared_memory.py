"""What a killed PostgreSQL leaves in shared memory goes with its folder, also if it had not written it down yet."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shaketable.real.supervision import shared_memory

LIBC = ctypes.CDLL(None, use_errno=True)
PRIVATE, CREATE, OWN, REMOVE = 0, 0o1000, 0o600, 0


def is_there(segment: int) -> bool:
    _, *rows = Path("/proc/sysvipc/shm").read_text().splitlines()
    return str(segment) in {row.split()[1] for row in rows}


@pytest.fixture
def segment() -> Iterator[int]:
    made = LIBC.shmget(PRIVATE, 56, CREATE | OWN)
    assert made >= 0
    yield made
    LIBC.shmctl(made, REMOVE, None)


def lock(folder: Path, *lines: str) -> Path:
    (folder / "postmaster.pid").write_text("".join(f"{line}\n" for line in lines))
    return folder


def whole(segment: int, creator: int) -> tuple[str, ...]:
    return (str(creator), "/data", "1", "5432", "/socket", "localhost", f"123 {segment}", "ready")


def test_the_segment_that_the_lock_file_names_is_removed(tmp_path: Path, segment: int) -> None:
    shared_memory.remove(lock(tmp_path, *whole(segment, os.getpid())))
    assert not is_there(segment)
    assert not (tmp_path / "postmaster.pid").exists()


def test_one_that_its_server_could_not_write_down_any_more_is_removed_too(tmp_path: Path) -> None:
    folder = lock(tmp_path, str(-os.getpid()), "/data", "1")
    made = LIBC.shmget(PRIVATE, 56, CREATE | OWN)
    shared_memory.remove(folder)
    assert not is_there(made)


def test_one_of_another_process_of_another_name_or_in_use_stays(tmp_path: Path, segment: int) -> None:
    shared_memory.remove(lock(tmp_path, *whole(segment, os.getppid())))
    shared_memory.remove(lock(tmp_path, *whole(segment + 1, os.getpid())))
    LIBC.shmat.restype = ctypes.c_void_p
    address = ctypes.c_void_p(LIBC.shmat(segment, None, 0))
    try:
        shared_memory.remove(lock(tmp_path, *whole(segment, os.getpid())))
    finally:
        LIBC.shmdt(address)
    assert is_there(segment)


def test_one_that_is_older_than_the_lock_of_a_server_with_the_same_number_stays(
    tmp_path: Path, segment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_memory, "_CLOCKS_APART_S", -3_600)
    shared_memory.remove(lock(tmp_path, str(os.getpid())))
    assert is_there(segment)


def test_a_lock_file_of_which_nothing_can_be_made_goes_all_the_same(tmp_path: Path) -> None:
    shared_memory.remove(lock(tmp_path, "nothing"))
    assert list(tmp_path.iterdir()) == []
    shared_memory.remove(tmp_path)
