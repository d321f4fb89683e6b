"""`python -m shaketable.real.reaper_process PACKAGE.MODULE:FUNCTION`: see undertaker.py.

Until its parent ends it has imported next to nothing and only waits.
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
import time

from shaketable.real.supervision.reaper import ALL_GONE

_GONE_FOR_S = 3.0
"""What the dead process had asked of a Docker engine may still come into being for a while."""
_EVERY_S = 0.25
_GIVE_UP_S = 60.0


def main() -> None:
    """Wait for the end of the parent's pipe, then sweep."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the command; this ends by itself
    said = sys.stdin.buffer.read()
    if said == ALL_GONE:
        return
    module, _, name = sys.argv[1].partition(":")
    sweep = getattr(importlib.import_module(module), name)
    began_s = found_s = time.monotonic()
    while (now_s := time.monotonic()) - began_s < _GIVE_UP_S and now_s - found_s < _GONE_FOR_S:
        with contextlib.suppress(Exception):  # another try, or the next start's turn
            if sweep():
                found_s = time.monotonic()
        time.sleep(_EVERY_S)


if __name__ == "__main__":
    main()
