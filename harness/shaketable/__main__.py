"""`python -m shaketable` is `shaketable`. The command takes a moment to import, and a Ctrl-C at that moment costs one line too.

Where a Ctrl-C comes within `exec`, as dataclasses use it, Python ends by the signal although it was handled: hence the ends at once.
"""

from __future__ import annotations

import os
import sys

_INTERRUPTED = 3


def main() -> None:
    """Run the command."""
    try:
        from shaketable.cli import main as command
        from shaketable.cli.commands import end_at_once
        from shaketable.cli.interrupt import Interrupt
    except KeyboardInterrupt:
        sys.stderr.write("shaketable: interrupted; nothing was written\n")
        sys.stderr.flush()
        os._exit(_INTERRUPTED)
    try:
        command(prog_name="shaketable")
    except SystemExit as ended:
        if Interrupt.skip_cleanup and isinstance(ended.code, int):
            end_at_once(ended.code)
        raise


if __name__ == "__main__":
    main()
