"""The user under whom servers run: never root."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from shaketable.errors import HarnessError

_NOBODY = 65534


def server_uid() -> int | None:
    """Return the user under whom servers run when we are root; None when we are not, and they run as we do.

    HarnessError when that user has no name on this machine: PostgreSQL's initdb insists on one.
    """
    me = os.geteuid()
    if me == 0:
        for uid in (_NOBODY, *(user.pw_uid for user in pwd.getpwall() if user.pw_name == "nobody")):
            if _has_name(uid):
                return uid
        raise HarnessError(
            "servers do not run as root, and there is no user nobody here: run as an ordinary user"
        )
    if not _has_name(me):
        raise HarnessError(f"user {me} has no name here, and PostgreSQL wants one: add a line to /etc/passwd")
    return None


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def is_reachable(path: Path) -> bool:
    """Tell whether every user may read `path` and pass through the folders above it."""
    real = path.resolve()
    return bool(real.stat().st_mode & stat.S_IROTH) and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in real.parents
    )
