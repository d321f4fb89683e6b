"""A story as lines of text, coloured where there is a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO

from msgspec.structs import replace
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from shaketable.report.printable import plain_name, printable
from shaketable.report.story.lines import Line
from shaketable.report.story.story import Story

WITNESS = "▶"
_STYLES = {
    "step": "bold",
    "landed": "yellow",
    "missed": "yellow",
    "late": "yellow",
    "crash": "red",
    "restart": "green",
    "phase": "dim",
    "gap": "dim",
    "client": "cyan",
    "effect": "",
    "state": "magenta",
}
_LEVEL_STYLES = {"VIOLATION": "bold red", "OFF-PROFILE": "bold yellow", "LIMIT": "bold blue"}
_ACTOR_MAX = 16
_CALL = re.compile(r"call \w+")


def _headline(story: Story) -> Text:
    """Return the level, the subject, the broken promise and the anomaly."""
    finding = story.finding
    return Text.assemble(
        (finding.level, _LEVEL_STYLES[finding.level]),
        "  ",
        (printable(story.subject), "bold"),
        f" breaks {printable(finding.promise)}: ",
        (plain_name(finding.anomaly), "bold"),
    )


def story_text(story: Story, replay: str = "") -> list[RenderableType]:
    """Return headline, message, lines with the witness marked, and `replay`, the command that shows it again."""
    finding = story.finding
    out: list[RenderableType] = [_headline(story), Text(f"   {printable(finding.message)}", style="italic")]
    if story.title:
        out.append(Text(f"   {printable(finding.promise)} promises: {printable(story.title)}", style="dim"))
    if finding.off_profile:
        out.append(Text(f"   A profile {printable(finding.off_profile)} would allow it."))
    out += [Text(), _grid(_with_consequences(story.lines)), Text()]
    if any(line.witness for line in story.lines):
        out.append(Text(f"   {WITNESS} what proves it", style="dim"))
    if story.remark:
        out.append(Text(f"   {printable(story.remark)}", style="yellow"))
    if replay:
        out.append(Text.assemble(("   replay: ", "dim"), replay, no_wrap=True, overflow="ignore"))
    return out


def print_parts(console: Console, parts: Iterable[RenderableType]) -> None:
    """Print to `console`; a line to be copied, such as a command, is never wrapped."""
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))


def plain_story(story: Story, replay: str = "", width: int = 120) -> str:
    """Return `story_text` without colours, for a test report or a file."""
    sink = StringIO()
    print_parts(
        Console(file=sink, width=width, highlight=False, color_system=None), story_text(story, replay)
    )
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines())


def _with_consequences(lines: tuple[Line, ...]) -> list[Line]:
    """Append the immediate consequences of a step about a call to its line: `start call 1 → is let through`."""
    out: list[Line] = []
    for line in lines:
        consequence = _consequence(out[-1], line) if out else ""
        if consequence:
            last = out[-1]
            out[-1] = replace(last, text=f"{last.text} → {consequence}", witness=last.witness or line.witness)
        else:
            out.append(line)
    return out


def _consequence(step: Line, line: Line) -> str:
    """Return the words for `line` on the line of `step`, or "" if it is no consequence of it."""
    found = _CALL.search(step.text)
    if (
        not step.number
        or line.number
        or found is None
        or step.time_ms != line.time_ms
        or step.actor == "fault"
    ):
        return ""
    if line.kind == "state":
        return f"{line.actor} {line.text}"
    return line.text.removeprefix(f"{found[0]} ") if line.text.startswith(f"{found[0]} ") else ""


def _grid(lines: list[Line]) -> Table:
    """Return the lines as a grid, so that a long line wraps under its own text."""
    grid = Table.grid(padding=(0, 1, 0, 1))
    grid.add_column(width=1, style="bold red")
    grid.add_column(justify="right", min_width=3, style="bold", no_wrap=True)
    grid.add_column(justify="right", style="dim", no_wrap=True)
    grid.add_column(no_wrap=True, max_width=_ACTOR_MAX, overflow="ellipsis")
    grid.add_column(overflow="fold")
    for line in lines:
        style = _STYLES[line.kind]
        grid.add_row(
            WITNESS if line.witness else "",
            f"{line.number}." if line.number else "",
            f"{line.time_ms / 1_000:.3f} s",
            Text(line.actor, style=style),
            Text(line.text, style=style),
        )
    return grid
