"""The command `shaketable`: one file a command, imported when it is asked for."""

from __future__ import annotations

from shaketable.cli.commands import main

__all__ = ["main"]
