"""The process that starts all others of a run: a zygote that has imported next to nothing, and dies with the command.

The death of the command, however sudden, is the death of the supervisor, and that is the death of all its children:
each link is a signal of the kernel, none is clean-up code of ours.
"""

from __future__ import annotations

import ctypes
import signal
import sys

from shaketable.parent_death import die_with_parent
from shaketable.real.supervision.program import ENTRY
from shaketable.real.zygote import Zygote

_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Run `python -m shaketable.real.supervision.supervisor_process PARENT SOCKET`."""
    parent, socket = sys.argv[1:]
    die_with_parent(int(parent))
    _adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Zygote([ENTRY.partition(":")[0]]).serve(socket)


def _adopt_orphans() -> None:
    """Adopt what a killed server leaves behind, so that it is reaped: not every container has a PID 1 that does."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    main()
