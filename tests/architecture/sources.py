"""The files of the repository as git lists them, parsed once."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "shaketable": "harness",
    "shaketable_patterns": "properties",
    "shaketable_targets": "target_services",
}
"""Each package and the folder that is its source root."""
SOURCES = tuple(f"{root}/{package}" for package, root in PACKAGES.items())


@cache
def tracked(*folders: str) -> tuple[Path, ...]:
    """Return the files that git knows and that are there, those under `folders` only."""
    listed = subprocess.run(
        ["git", "ls-files", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return tuple(ROOT / name for name in listed if (ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    found = [path for path in tracked(*folders) if path.suffix == ".py"]
    assert found, f"no files under {folders}: this test would pass on nothing"
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
