"""Servers never run as root."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from harness.errors import HarnessError

_NOBODY = 65534


def server_uid() -> int | None:
    """The user under whom servers run when we are root; None when we are not, and they run as we do.

    HarnessError when this machine knows no such user: initdb insists on one with a name.
    """
    if os.geteuid() != 0:
        return None
    for user in pwd.getpwall():
        if user.pw_uid == _NOBODY or user.pw_name == "nobody":
            return user.pw_uid
    raise HarnessError(
        "servers do not run as root, and there is no user nobody here: run as an ordinary user"
    )


def is_reachable(path: Path) -> bool:
    """Whether everybody may read `path` and pass through the folders above it."""
    real = path.resolve()
    return bool(real.stat().st_mode & stat.S_IROTH) and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in real.parents
    )
