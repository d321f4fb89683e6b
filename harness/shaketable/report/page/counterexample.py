"""One counterexample on the page: its message, its timeline, the lines of its story, and how it was found."""

from __future__ import annotations

from shaketable.certificate import Counterexample
from shaketable.history import History
from shaketable.report.certificate_folder import schedule_path
from shaketable.report.page.markup import Markup, anchor, element, join, scrolling
from shaketable.report.page.timeline import lay_out
from shaketable.report.page.timeline_svg import draw
from shaketable.report.printable import plain_name
from shaketable.report.story.lines import Line
from shaketable.report.story.rate_words import confirmation_words, replay_words, timing_words
from shaketable.report.story.story import Story
from shaketable.report.story.text import WITNESS

_CLASS = {"VIOLATION": "violated", "OFF-PROFILE": "off-profile", "LIMIT": "limit"}


def story_anchor(example: Counterexample) -> str:
    """Return the id of its story. It stands inside the fold: a browser that follows a link to it opens the fold."""
    return anchor("c", example.file)


def counterexample_html(
    story: Story, history: History, example: Counterexample, world: str, *, opened: bool
) -> Markup:
    """Return the card of a counterexample that was found on `world`, folded unless `opened`."""
    finding = story.finding
    summary = element(
        "summary",
        element(
            "h4",
            element("span", finding.level.lower(), class_="badge"),
            " ",
            f"{plain_name(finding.anomaly)} ",
            element("span", f"breaks {finding.promise}: {story.title}", class_="quiet"),
        ),
        element("p", finding.message, class_="sentence"),
        *_off_profile(finding.off_profile),
    )
    body = element(
        "div",
        scrolling("timeline", draw(lay_out(story, history)), class_="picture"),
        scrolling("the story", element("table", *(_line(line) for line in story.lines), class_="lines")),
        _foot(example, world),
        id=story_anchor(example),
    )
    folded: dict[str, str] = {"open": ""} if opened else {}
    return element("details", summary, body, **folded, class_=f"story {_CLASS[finding.level]}")


def _off_profile(profile: str) -> list[Markup]:
    return [element("p", f"A profile {profile} would allow it.", class_="quiet")] if profile else []


def _line(line: Line) -> Markup:
    return element(
        "tr",
        element("td", WITNESS if line.witness else "", class_="m"),
        element("td", f"{line.number}." if line.number else "", class_="n"),
        element("td", f"{line.time_ms / 1_000:.3f} s", class_="t"),
        element("td", line.actor, class_="a"),
        element("td", line.text, class_="x"),
        class_=f"{line.kind}{' w' if line.witness else ''}",
    )


def _foot(example: Counterexample, world: str) -> Markup:
    parts: list[str] = [
        f"Found after {example.found_after_runs:,} runs in {example.steps_before} steps, "
        f"shrunk to {len(example.schedule.steps)} in {example.executions:,} executions; "
        f"{replay_words(example, world)} "
    ]
    if timing := timing_words(example):
        parts.append(f"{timing} ")
    parts += [f"Elsewhere: {confirmation_words(c)}. " for c in example.confirmations]
    if example.file:
        parts += [element("code", f"shaketable replay {schedule_path(example.file)}"), " "]
        parts.append(element("a", "the schedule", href=schedule_path(example.file)))
    return element("div", join(*parts), class_="foot")
