"""The end of a child process that is killed, waited for with a limit: only the kernel can hold it up."""

from __future__ import annotations

import subprocess

from shaketable.errors import HarnessError

_ENDS_WITHIN_S = 10.0


def kill(child: subprocess.Popen[bytes], name: str, *, within_s: float = _ENDS_WITHIN_S) -> int:
    """Send SIGKILL unless it has ended, wait for its end, and return its exit code.

    Raises HarnessError that calls it `name` when it has not ended in `within_s` seconds.
    Usual cause: it waits for a disk or a network file system that does not answer.
    """
    child.kill()
    try:
        return child.wait(within_s)
    except subprocess.TimeoutExpired:
        raise HarnessError(
            f"waited {within_s:g} s for the end of {name} ({child.pid}), which was killed, in vain: "
            "it waits for a disk that does not answer, or the like"
        ) from None
