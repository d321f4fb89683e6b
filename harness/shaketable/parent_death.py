"""The end of a process with its parent, whatever becomes of either."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the process `parent` ends, and end at once if it has ended already.

    A signal that is asked for after the parent's death never comes, so without the second look a process that was forked
    at that moment would live for ever. For the kernel it is the parent's thread that counts: the one that forked has to
    live as long as the parent. Elsewhere than on Linux there is only the look.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
