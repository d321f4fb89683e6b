"""A Ctrl-C that was handled ends `python -m shaketable` with a code of its own, also if it came within `exec`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMES = "exec('raise KeyboardInterrupt')"  # as in the making of a dataclass
WHILE_IMPORTING = f"""
import sys, types
class Late(types.ModuleType):
    def __getattr__(self, name):
        {COMES}
sys.modules["shaketable.cli"] = Late("shaketable.cli")
import shaketable.__main__ as command
command.main()
"""
IN_A_COMMAND = f"""
import click
def works(*_, **__):
    {COMES}
click.Group.main = works
import shaketable.__main__ as command
command.main()
"""


def ended(program: str, folder: Path) -> tuple[int, str]:
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "program"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def test_while_the_command_is_imported(tmp_path: Path) -> None:
    assert ended(WHILE_IMPORTING, tmp_path) == (3, "shaketable: interrupted; nothing was written\n")


def test_while_it_works(tmp_path: Path) -> None:
    assert ended(IN_A_COMMAND, tmp_path) == (3, "shaketable: interrupted; nothing was written\n")
