"""A certificate made of results, with all that is stored beside it; and the one of results so far, which is kept while a search goes on."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from shaketable import __version__
from shaketable.certificate import Certificate
from shaketable.cli.commands import one_line
from shaketable.cli.results import Results
from shaketable.explore.certify import KEEP_EVERY_S
from shaketable.explore.judge.subject_digest import judge_digest
from shaketable.report import certificate_folder, junit
from shaketable.report.page import page as html
from shaketable.report.story.stories import stories_of
from shaketable.report.story.story import Story
from shaketable.report.unfinished_folder import UnfinishedFolder
from shaketable.subject import Subject

_KEEPING_SHARE = 0.05
"""The most of the time that is spent on keeping what is known so far."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The certificate, the files that it names by their path, its stories, its page and its JUnit XML."""

    certificate: Certificate
    files: dict[str, bytes]
    stories: dict[str, Story]
    page: bytes
    tests: bytes

    @staticmethod
    def of(subjects: Sequence[Subject], results: Results) -> Draft:
        """Make it of what is known of `subjects`."""
        histories = results.histories
        certificate, files = certificate_folder.with_digests(_certificate(subjects, results), histories)
        stories = stories_of(certificate, {s.name: s for s in subjects}, histories)
        page = html.page(certificate, {file: (story, histories[file]) for file, story in stories.items()})
        tests = junit.dumps(certificate, stories)
        return Draft(certificate, files, stories, certificate_folder.page_bytes(page), tests)


class DraftKeeper:
    """Keeps what is known so far on disk: what was found at once, the rest at a small share of the time."""

    def __init__(self, subjects: Sequence[Subject], folder: UnfinishedFolder) -> None:
        self._subjects = subjects
        self._folder = folder
        self._found: set[str] = set()
        self._next_s = time.monotonic() + KEEP_EVERY_S

    def __call__(self, results: Results) -> None:
        """Keep `results` and those of searches that are not over, if it is time."""
        known = results.unfinished()
        began_s = time.monotonic()
        if self._found.issuperset(known.histories) and began_s < self._next_s:
            return
        draft = Draft.of(self._subjects, known)
        self._folder.write(draft.certificate, draft.files, draft.page, draft.tests)
        self._found = set(known.histories)
        now_s = time.monotonic()
        self._next_s = now_s + max(KEEP_EVERY_S, (now_s - began_s) / _KEEPING_SHARE)


def _certificate(subjects: Sequence[Subject], results: Results) -> Certificate:
    return Certificate(
        shaketable=__version__,
        python=platform.python_version(),
        revision=_revision(),
        command=shlex.join(["shaketable", *sys.argv[1:]]),
        interrupted=results.interrupted,
        subjects=results.in_order(subjects),
        faults=(*results.faults, *(f"{one_line(str(error))}" for error in results.unusable)),
        judge=judge_digest(),
    )


def _revision() -> str:
    """Return the commit that is checked out in the current folder, or ""."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
