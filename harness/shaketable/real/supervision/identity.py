"""The process that a number means: a pid is given again to another process, a pid with its start time is not."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from shaketable.real.supervision.program import RUN

_STATE, _PARENT, _GROUP, _TERMINAL, _STARTED = 0, 1, 2, 4, 19  # positions in /proc/PID/stat after the name


@dataclass(frozen=True, slots=True)
class Identity:
    """A process for good: its number and when it started, in clock ticks since this machine's boot."""

    pid: int
    started: int


def identity_of(pid: int) -> Identity | None:
    """Return the process that has this number now; None when there is none or it is a zombie."""
    fields = _stat(pid)
    if fields is None or fields[_STATE] in "ZX":
        return None
    return Identity(pid, int(fields[_STARTED]))


def is_alive(identity: Identity) -> bool:
    """Tell whether that very process runs; another one under its number does not count."""
    return identity_of(identity.pid) == identity


def is_stopped(pid: int) -> bool:
    """Tell whether SIGSTOP has taken effect: a signal is a request, not yet a fact."""
    fields = _stat(pid)
    return fields is None or fields[_STATE] in "TZX"


def children_of(pid: int) -> list[Identity]:
    """List its children now; the list is only complete when it cannot fork meanwhile."""
    return [identity for identity, fields in _all_processes() if int(fields[_PARENT]) == pid]


def of_run(folder: Path, leaders: Collection[int]) -> set[Identity]:
    """Find the processes of the run in `folder`, also after the end of those that started them; never this one.

    Such a process was started with the run's name in its environment; or it works in the folder, either in the process group
    of a leader or without a terminal. PostgreSQL's processes have overwritten their environment and left the group, but a
    person who looks at the folder has a terminal.
    """
    mark = os.fsencode(f"{RUN}={folder.resolve()}")
    return {
        identity
        for identity, fields in _all_processes()
        if identity.pid != os.getpid()
        and (
            mark in _environment(identity.pid)
            or (
                (int(fields[_GROUP]) in leaders or fields[_TERMINAL] == "0")
                and _works_in(identity.pid, folder)
            )
        )
    }


def send(identity: Identity, number: signal.Signals) -> bool:
    """Signal that very process and no other; return False when it is gone."""
    try:
        handle = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return False
    try:
        # The handle holds on to one process: what the number means cannot change between this look and the signal.
        if not is_alive(identity):
            return False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)
    return True


def _all_processes() -> Iterator[tuple[Identity, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            pid = int(entry.name)
            fields = _stat(pid)
            if fields is not None and fields[_STATE] not in "ZX":
                yield Identity(pid, int(fields[_STARTED])), fields


def _environment(pid: int) -> list[bytes]:
    """Return the variables that it was started with; none of a process that we may not look into."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(folder.resolve())
    except OSError:
        return False


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
