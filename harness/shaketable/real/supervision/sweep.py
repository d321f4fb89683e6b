"""The sweep: at its start a command ends the processes and removes the folders that a dead one left behind.

The reaper does the same right after a command's end; this is for what it was itself stopped from doing.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import Condition, wait_until
from shaketable.real.supervision import shared_memory
from shaketable.real.supervision.identity import (
    Identity,
    children_of,
    identity_of,
    is_alive,
    is_stopped,
    of_run,
    send,
)
from shaketable.real.supervision.run_directory import OWNER, PREFIX, owner_of, recorded

_NAME = re.compile(rf"{PREFIX}(\d+)-")
_BEING_MADE_S = 60
_BEING_REMOVED_S = 1
_END_WITHIN_S = 5
_ROUNDS_MAX = 100
"""A round ends all orphans that are there; only one that forks faster than it is ended needs more than a few."""


async def sweep(parent: Path | None = None) -> list[str]:
    """End what commands that are dead left running, remove their folders, and return the names of what was ended.

    Only folders of this user are read, so that no other user can point us at a process. Ended are processes that such a
    folder records, by their number and only while they still are the process that was recorded, and those that say
    themselves that they belong to it. What cannot be ended or removed is passed over: it is in no one's way.
    """
    ended = []
    for path in sorted((parent or Path(tempfile.gettempdir())).glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError, HarnessError):  # another command may be sweeping too
            if _NAME.match(path.name) and _is_ours(path) and _is_abandoned(path):
                ended += await end_recorded(path)
                shutil.rmtree(path, ignore_errors=True)
    return ended


def sweep_now() -> list[str]:
    """Do the same for a caller without a loop."""
    return asyncio.run(sweep())


async def end_recorded(path: Path) -> list[str]:
    """End every process of the run in `path` that still runs, with its children, and return their names."""
    started = recorded(path)
    named = {identity: name for name, identity in started if is_alive(identity)}
    for identity in named:
        send(identity, signal.SIGSTOP)
    await _wait(lambda: all(is_stopped(identity.pid) for identity in named), "stop", named, named)
    # Stopped, they start no more; a server's own processes are only known as its children.
    children = [child for identity in named for child in children_of(identity.pid)]
    await _end({*named, *children}, named)
    leaders = {identity.pid for _, identity in started}
    for _ in range(_ROUNDS_MAX):
        if not (orphans := of_run(path, leaders)):
            break
        await _end(orphans, named)  # initdb's, say, which did not notice that it was ended
    shared_memory.remove(path / "postgres" / "data")
    return [f"{name} ({identity.pid})" for identity, name in named.items()]


async def _end(processes: set[Identity], named: Mapping[Identity, str]) -> None:
    for identity in processes:
        send(identity, signal.SIGKILL)
    await _wait(lambda: not any(is_alive(identity) for identity in processes), "end", processes, named)


async def _wait(
    condition: Condition, what: str, processes: Iterable[Identity], named: Mapping[Identity, str]
) -> None:
    each = sorted((identity.pid, named.get(identity, "a process of the run")) for identity in processes)
    names = ", ".join(f"{name} ({pid})" for pid, name in each)
    await wait_until(condition, within_s=_END_WITHIN_S, every_s=0.002, what=f"{names} to {what}")


def _is_ours(path: Path) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def _is_abandoned(path: Path) -> bool:
    """Tell whether its command is dead: the lock says so even where pids of another container mean nothing here."""
    try:
        handle = os.open(path / OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        # Without an owner it is being made, or was removed while a process still wrote into it.
        named = _NAME.match(path.name)
        is_made = named is not None and identity_of(int(named[1])) is not None
        return time.time() - path.lstat().st_mtime > (_BEING_MADE_S if is_made else _BEING_REMOVED_S)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    owner = owner_of(path)
    return owner is None or not is_alive(owner)
