"""A fresh PostgreSQL data folder: initdb is slow, so its result is kept and copied."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

from shaketable.errors import HarnessError

Make = Callable[[], Awaitable[None]]
Copy = Callable[[Path, Path], Awaitable[None]]

# One superuser, without a password: the server listens on loopback only and holds nothing but test data.
INITDB = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
    "--wal-segsize=1",  # megabyte; a new folder is 30 of them instead of 40
)


async def fresh_data(data: Path, program: Path, uid: int | None, *, initdb: Make, copy: Copy) -> None:
    """Make `data` a new data folder, by copying the kept one or else by `initdb`, whose result is then kept.

    `copy` keeps owners and modes.
    """
    kept = _kept(program, uid)
    if kept is not None:
        _drop_partial(kept)
    if kept is not None and (kept / "PG_VERSION").exists():
        await copy(kept, data)
        return
    await initdb()
    if kept is not None:
        # A full or read-only cache is only a slower next start.
        with contextlib.suppress(OSError, HarnessError):
            await _keep(data, kept, copy)


def _kept(program: Path, uid: int | None) -> Path | None:
    """Return where the data folder of this very PostgreSQL and these options is kept; None when nothing can be."""
    try:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        cache = Path(home) / "shaketable"
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        status, build = cache.stat(), program.stat()
    except (OSError, RuntimeError):
        return None
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return None  # another user could have put something there
    key = repr((INITDB, uid, build.st_size, int(build.st_mtime)))
    return cache / f"postgres-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _drop_partial(kept: Path) -> None:
    """Drop what commands that were killed had not kept to the end."""
    for partial in kept.parent.glob("*.partial-*"):
        if not Path(f"/proc/{partial.name.rpartition('-')[2]}").exists():
            shutil.rmtree(partial, ignore_errors=True)


async def _keep(data: Path, kept: Path, copy: Copy) -> None:
    partial = kept.with_name(f"{kept.name}.partial-{os.getpid()}")
    try:
        await copy(data, partial)
        partial.rename(kept)  # the first command wins; a second one finds the folder not empty
    finally:
        shutil.rmtree(partial, ignore_errors=True)
