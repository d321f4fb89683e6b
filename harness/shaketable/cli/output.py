"""The output of commands: the report goes to stdout, everything about the run itself to stderr."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import Console, RenderableType

from shaketable.cli.commands import one_line
from shaketable.descriptions.intervals import bare_intervals
from shaketable.report.printable import printable
from shaketable.report.story.story import Story
from shaketable.report.story.text import plain_story, print_parts, story_text
from shaketable.subject import Subject
from shaketable.world_traits import traits_of

_PLAIN_WIDTH = 160


def console_for(*, stderr: bool = False) -> Console:
    """Return a console that colours only a terminal; elsewhere lines are plain and not wrapped at 80."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    return console


def show(parts: Iterable[RenderableType]) -> None:
    """Print to stdout, coloured on a terminal."""
    print_parts(console_for(), parts)


def show_story(story: Story, replay: str = "") -> None:
    """Print a story and an empty line to stdout; `replay` is the command that shows it again."""
    if console_for().is_terminal:
        show([*story_text(story, replay), ""])
    else:
        click.echo(plain_story(story, replay, width=_PLAIN_WIDTH) + "\n")


def note(text: str) -> None:
    """Print one line to stderr."""
    click.echo(text, err=True)


def note_bare_intervals(subject: Subject, world: str) -> None:
    """Print one line to stderr for each interval of a part that would not pass as fast as a run on real servers does."""
    if traits_of(world).has_servers:
        for found in bare_intervals(subject):
            note(
                f"shaketable: {printable(found)} looks like an interval of its own; in the world {world} time passes several "
                "times as fast, so write it as {ms:...}, or promises of liveness are blamed for it"
            )


def note_problems(problems: Iterable[str]) -> None:
    """Print one line to stderr for each source of subjects that could not be read."""
    for problem in problems:
        note(f"shaketable: {one_line(problem)}")
