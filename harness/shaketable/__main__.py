"""`python -m shaketable` is `shaketable`. The command takes a moment to import, and a Ctrl-C at that moment costs one line too."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

_INTERRUPTED = 3


def main() -> None:
    """Run the command."""
    try:
        from shaketable.cli import main as command
        from shaketable.cli.interrupt import Interrupt
    except KeyboardInterrupt:
        sys.stderr.write("shaketable: interrupted; nothing was written\n")
        _end_at_once(_INTERRUPTED)
    try:
        command(prog_name="shaketable")
    except SystemExit as ended:
        if Interrupt.skip_cleanup and isinstance(ended.code, int):
            _end_at_once(ended.code)
        raise


def _end_at_once(code: int) -> NoReturn:
    """End with `code`: where a Ctrl-C came within `exec`, as dataclasses use it, Python would end by the signal although it was handled."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
