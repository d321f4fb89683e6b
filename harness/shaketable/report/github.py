"""GitHub Actions: annotations on stdout, and a summary of the step in Markdown. A subject's text means nothing in either."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping

from shaketable.certificate import Certificate, PromiseResult, SubjectResult
from shaketable.report.console import summary_line
from shaketable.report.printable import clipped, plain_name, printable
from shaketable.report.result_words import verdict_word
from shaketable.report.story.story import Story
from shaketable.report.story.text import plain_story
from shaketable.verdict import Verdict

_SIZE_MAX_BYTES = 900_000
"""GitHub takes a megabyte from one step, and nothing of a longer summary."""
_MESSAGE_MAX = 2_000
_PLAIN = frozenset(" .,/")
_MARKS = {"certified": "✅", "violated": "❌", "off-profile": "⚠️", "limit": "ℹ️", "unknown": "❔"}


def annotation(message: str, *, title: str, file: str = "", line: int = 0) -> str:
    """Return the workflow command that shows an error beside `file`, or without a place."""
    places = {"file": file, "line": str(line) if line else "", "title": title}
    given = ",".join(f"{name}={_property(value)}" for name, value in places.items() if value)
    return f"::error {given}::{_data(clipped(printable(message), _MESSAGE_MAX))}"


def annotations_of(certificate: Certificate, files: Mapping[str, str]) -> Iterator[str]:
    """Yield an annotation for everything that is not as expected; `files` are those of the subjects, by name."""
    for result in certificate.subjects:
        file = files.get(result.subject, "")
        for promise in result.promises:
            if promise.verdict is Verdict.VIOLATED and promise.id not in result.known:
                for example in promise.counterexamples:
                    title = f"{result.subject} breaks {promise.id}: {plain_name(example.finding.anomaly)}"
                    yield annotation(example.finding.message, title=title, file=file)
        if not result.as_expected and not _breaks(result):
            yield annotation(
                "; ".join(result.surprises), title=f"{result.subject} is not as expected", file=file
            )
    for fault in certificate.faults:
        yield annotation(fault, title="nothing is known of a subject")


def summary(certificate: Certificate, stories: Mapping[str, Story], digest: str) -> str:
    """Return the Markdown: verdicts by subject and promise, and each story folded."""
    parts = ["## shaketable\n\n", f"{text(str(summary_line(certificate)))}\n"]
    for result in certificate.subjects:
        parts.append(f"\n### {text(result.subject)}: {result.verdict.name.lower()}\n\n")
        parts.append("| promise | verdict | exercised |\n| --- | --- | ---: |\n")
        parts += [_row(promise) for promise in result.promises]
        parts += [f"\n- {text(surprise)}" for surprise in result.surprises]
        parts.append("\n")
        for promise in result.promises:
            parts += [
                folded(plain_story(stories[c.file])) for c in promise.counterexamples if c.file in stories
            ]
    parts += [f"\n- {text(fault)}\n" for fault in certificate.faults]
    return limited([*parts, f"\ndigest `{digest}`\n"])


def limited(parts: list[str]) -> str:
    """Join the parts that fit into what GitHub shows, and say so if some do not."""
    size = 0
    kept: list[str] = []
    for part in parts:
        size += len(part.encode("utf-8", "backslashreplace"))
        if size > _SIZE_MAX_BYTES:
            return "".join([*kept, "\nThe rest does not fit here.\n"])
        kept.append(part)
    return "".join(kept)


def summary_of_test(name: str, story: str) -> str:
    """Return the Markdown for one test that failed, with its story folded."""
    return limited([f"\n### {text(name)}\n", folded(story)])


def folded(story: str) -> str:
    """Return the story, folded, as text in which nothing is Markdown."""
    lines = html.escape(story).splitlines()
    head = lines[0] if lines else "a story"
    return (
        f"\n<details><summary>{_inline(head)}</summary><pre>{_inline('&#10;'.join(lines))}</pre></details>\n"
    )


def _inline(escaped: str) -> str:
    """Keep an HTML block in one piece: a blank line or a mark of Markdown would end it."""
    return "".join(f"&#{ord(c)};" if c in "`*_[]@|\\~" else c for c in escaped)


def text(value: str) -> str:
    """Return a subject's text so that Markdown and HTML show it as it is."""
    return "".join(c if c.isalnum() or c in _PLAIN else f"&#{ord(c)};" for c in printable(value))


def _row(promise: PromiseResult) -> str:
    word = verdict_word(promise)
    reason = f": {text(promise.reason)}" if promise.reason else ""
    return (
        f"| {text(f'{promise.id} {promise.title}')} | {_MARKS[word]} {word}{reason} | {promise.exercised} |\n"
    )


def _breaks(result: SubjectResult) -> bool:
    return any(p.verdict is Verdict.VIOLATED and p.id not in result.known for p in result.promises)


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(printable(value)).replace(":", "%3A").replace(",", "%2C")
