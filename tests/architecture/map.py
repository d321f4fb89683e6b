"""ARCHITECTURE.md as data: its tree of folders, its arrows, and its walk through one run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.sources import ROOT


@dataclass(frozen=True)
class Line:
    """A line of a block: what it names, below what, and what it says about that."""

    name: str
    above: "Line | None"
    says: str


def blocks(kind: str) -> list[str]:
    """Return the blocks of ARCHITECTURE.md that are fenced as `kind`."""
    found = re.findall(rf"^```{kind}\n(.*?)^```$", (ROOT / "ARCHITECTURE.md").read_text(), re.M | re.S)
    assert found, f"ARCHITECTURE.md has no block ```{kind}"
    return found


def lines(block: str) -> Iterator[Line]:
    """Yield the lines of an indented block; two blanks or more separate a name from what is said about it."""
    open_lines: list[tuple[int, Line]] = []
    for text in filter(str.strip, block.splitlines()):
        depth = len(text) - len(text.lstrip())
        while open_lines and open_lines[-1][0] >= depth:
            open_lines.pop()
        name, _, says = text.strip().partition("  ")
        line = Line(name, open_lines[-1][1] if open_lines else None, says.strip())
        open_lines.append((depth, line))
        yield line


def path_of(line: Line) -> str:
    """Return the path that a line of the tree stands for."""
    return (path_of(line.above) if line.above else "") + line.name
