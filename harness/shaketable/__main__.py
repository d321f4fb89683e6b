"""`python -m shaketable` is `shaketable`. The command takes a moment to import, and a Ctrl-C at that moment costs one line too."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command."""
    try:
        from shaketable.cli import main as command
    except KeyboardInterrupt:
        sys.stderr.write("shaketable: interrupted; nothing was written\n")
        sys.exit(3)
    command(prog_name="shaketable")


if __name__ == "__main__":
    main()
