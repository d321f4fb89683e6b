"""A guide that is followed by a test: its blocks of changes, applied to a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("harness", "properties", "target_services", "tests", "docs", "pyproject.toml")
_CACHE = ".mypy_cache"
_BLOCK = re.compile(r"^```diff\n--- (?P<file>\S+)\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^```python\n# (?P<file>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Change:
    """One block of a guide: lines of one file that become others, wherever in the file they stand."""

    def __init__(self, file: str, lines: str) -> None:
        self.file = file
        split = lines.splitlines(keepends=True)
        self.before = "".join(line[1:] for line in split if line[0] in " -")
        self.after = "".join(line[1:] for line in split if line[0] in " +")

    def apply(self, root: Path) -> None:
        """Apply it; AssertionError if the file does not have these lines exactly once."""
        path = root / self.file
        text = path.read_text()
        assert text.count(self.before) == 1, f"{self.file} has not once:\n{self.before}"
        path.write_text(text.replace(self.before, self.after))


def changes(guide: str) -> list[Change]:
    """Return the changes that the guide asks for, in order."""
    text = (ROOT / "docs" / guide).read_text()
    return [Change(found["file"], found["lines"]) for found in _BLOCK.finditer(text)]


def new_files(guide: str) -> dict[str, str]:
    """Return the files that the guide adds, each a block of Python that begins with its path."""
    text = (ROOT / "docs" / guide).read_text()
    return {found["file"]: found["text"] for found in _FILE.finditer(text)}


def copy_to(folder: Path, checked: Path = ROOT) -> Path:
    """Copy what a guide may change, and what the type checker remembers of `checked`, if it does: paths there are relative.

    Bytecode is copied too, as a file keeps its time; what is only half written is not.
    """
    if (checked / _CACHE).is_dir():
        shutil.copytree(checked / _CACHE, folder / _CACHE)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.pyc.*", "bin"))
        else:
            shutil.copy(source, folder / name)
    return folder


def run_in(folder: Path, *argv: str, within_s: int = 400) -> subprocess.CompletedProcess[str]:
    """Run a Python module of this environment on the copy."""
    paths = ("harness", "properties", "target_services", ".")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder / path) for path in paths)}
    return subprocess.run(
        (sys.executable, "-m", *argv), cwd=folder, env=env, capture_output=True, text=True, timeout=within_s
    )
