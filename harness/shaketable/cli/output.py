"""Where commands write: the report to stdout, everything about the run itself to stderr."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import RenderableType

from shaketable.report.console import console_for
from shaketable.report.story.story import Story
from shaketable.report.story.text import plain_story, print_parts, story_text


def show(parts: Iterable[RenderableType]) -> None:
    """Print to stdout, coloured on a terminal."""
    print_parts(console_for(), parts)


def show_story(story: Story, replay: str = "") -> None:
    """A story and an empty line."""
    if console_for().is_terminal:
        show([*story_text(story, replay), ""])
    else:
        click.echo(plain_story(story, replay, width=160) + "\n")


def note(text: str) -> None:
    """One line on stderr."""
    click.echo(text, err=True)
