"""The folder of one run: data, logs, sockets, and a record of its processes. A sweep can read it after a kill -9."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import msgspec

from shaketable.errors import HarnessError
from shaketable.real.supervision.identity import Identity, identity_of

PREFIX = "shaketable-"
OWNER = "owner"
_PROCESSES = "processes"
_SOCKET_PATH_MAX = 107  # bytes, the kernel's limit
_SOCKET_NAME_MAX = 20
_TAIL_LINES = 20


class Started(msgspec.Struct, frozen=True):
    """One line of the record: a process that we started, by name."""

    name: str
    pid: int
    started: int


class RunDirectory:
    """Made by the command that owns it; locked while that command lives."""

    def __init__(self, parent: Path | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))
        self._lock = _locked(self.path / OWNER)
        if len(str(self.control)) + _SOCKET_NAME_MAX > _SOCKET_PATH_MAX:
            self.remove()
            raise HarnessError(
                f"{self.path.parent} is too long a path for a socket: set TMPDIR to a shorter one"
            )
        self.path.chmod(0o711)  # a server under another user passes through to its own folder
        self.control.mkdir(mode=0o700)  # a zygote's socket starts programs: no other user may reach it
        (self.path / "logs").mkdir(mode=0o700)

    @property
    def control(self) -> Path:
        """The folder of the zygotes' sockets."""
        return self.path / "control"

    def folder(self, name: str, uid: int | None) -> Path:
        """Make a private folder for a server, which belongs to `uid` when it runs under another user."""
        folder = self.path / name
        folder.mkdir(mode=0o700)
        if uid is not None:
            os.chown(folder, uid, uid)
        return folder

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def log_tail(self, name: str) -> str:
        """Return the log's last lines, for an error message."""
        try:
            lines = self.log(name).read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        shown = "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])
        return f"its log ends with\n{shown}" if shown else "it wrote nothing into its log"

    def record(self, name: str, pid: int) -> None:
        """Remember a process that we started, so that a sweep may end it."""
        identity = identity_of(pid)
        if identity is not None:
            line = msgspec.json.encode(Started(name, pid, identity.started)) + b"\n"
            with (self.path / _PROCESSES).open("ab", buffering=0) as record:
                record.write(line)

    def remove(self) -> None:
        """Remove everything; the lock goes last."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def recorded(path: Path) -> list[tuple[str, Identity]]:
    """Return the processes that the run in `path` started, by name; half a line, cut off by a kill, is passed over."""
    try:
        lines = (path / _PROCESSES).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            one = msgspec.json.decode(line, type=Started)
        except msgspec.DecodeError:
            continue
        found.append((one.name, Identity(one.pid, one.started)))
    return found


def owner_of(path: Path) -> Identity | None:
    """Return the command that made the run in `path`; None when it did not get so far."""
    try:
        one = msgspec.json.decode((path / OWNER).read_bytes(), type=Started)
    except (OSError, msgspec.DecodeError):
        return None
    return Identity(one.pid, one.started)


def _locked(path: Path) -> int:
    """Make the owner's file and return the handle that holds its lock.

    It gets its name last: a sweep of another command that found it without its lock, or empty, would take this one
    for dead and remove its folder.
    """
    made = path.with_suffix(".new")
    handle = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    me = identity_of(os.getpid())
    os.write(handle, msgspec.json.encode(Started("command", os.getpid(), me.started if me else 0)))
    made.rename(path)
    return handle
