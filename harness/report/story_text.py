"""A story as lines of text, coloured where there is a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from harness.report.printable import plain_name, printable
from harness.report.story import Line, Story

WITNESS = "▶"
_STYLES = {
    "step": "bold",
    "landed": "yellow",
    "missed": "yellow",
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


def headline(story: Story) -> Text:
    """Which promise of which subject, by which anomaly, how grave."""
    finding = story.finding
    title = f" {printable(story.title)}" if story.title else ""
    return Text.assemble(
        (finding.level, _LEVEL_STYLES[finding.level]),
        "  ",
        (printable(story.subject), "bold"),
        f" breaks {printable(finding.promise)}{title}: ",
        (plain_name(finding.anomaly), "bold"),
    )


def story_text(story: Story, replay: str = "") -> list[RenderableType]:
    """Headline, the anomaly in one sentence, the numbered lines with the witness marked, how to replay it."""
    finding = story.finding
    out: list[RenderableType] = [headline(story), Text(f"   {printable(finding.message)}", style="italic")]
    if finding.off_profile:
        out.append(Text(f"   A profile {printable(finding.off_profile)} would allow it."))
    out += [Text(), _lines(story.lines), Text()]
    if any(line.witness for line in story.lines):
        out.append(Text(f"   {WITNESS} what proves it", style="dim"))
    if replay:
        out.append(Text.assemble(("   replay: ", "dim"), replay, no_wrap=True, overflow="ignore"))
    return out


def plain_story(story: Story, replay: str = "", width: int = 120) -> str:
    """The same without colours, for a test report or a file."""
    sink = StringIO()
    console = Console(file=sink, width=width, highlight=False, color_system=None)
    for part in story_text(story, replay):
        console.print(part)
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines())


def _lines(lines: tuple[Line, ...]) -> Table:
    """A grid, so that a long line wraps under its own text and the columns stay columns."""
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
