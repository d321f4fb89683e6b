"""Where commands write: the report to stdout, everything about the run itself to stderr."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import RenderableType

from harness.history import History
from harness.report.console import console_for
from harness.report.story import Story, tell
from harness.report.story_text import plain_story, story_text
from harness.runner import Outcome
from harness.schedule import Schedule
from harness.subject import Subject
from harness.verdict import Finding


def show(parts: Iterable[RenderableType]) -> None:
    """Print to stdout, coloured on a terminal."""
    console = console_for()
    for part in parts:
        console.print(part)


def show_story(story: Story, replay: str = "") -> None:
    """A story and an empty line."""
    if console_for().is_terminal:
        show([*story_text(story, replay), ""])
    else:
        click.echo(plain_story(story, replay, width=160) + "\n")


def note(text: str) -> None:
    """One line on stderr."""
    click.echo(text, err=True)


def story_of(
    subject: Subject, schedule: Schedule, history: History, finding: Finding, trace: Outcome | None = None
) -> Story:
    """The story with its place among the boundaries, when there is a traced run."""
    return tell(subject, schedule, history, finding, () if trace is None else trace.boundaries)
