"""The pytest plugin: profiles, a marker, and a failure report that tells the story and how to replay it.

Every pytest run on the machine loads it, so it imports nothing of the harness until it must.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from shaketable.explore.check import PromiseBroken

FOLDER = ".shaketable"
_ANNOTATIONS = pytest.StashKey[list[str]]()
_WIDTH = 110


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say how much `shaketable.certify` tries, or which schedule it runs again."""
    group = parser.getgroup("shaketable")
    group.addoption(
        "--shaketable-profile",
        choices=("dev", "ci", "soak"),
        help="how much certify() tries: dev 100 runs, ci 500 (the default where CI is set), soak 5000",
    )
    group.addoption(
        "--shaketable-replay",
        type=Path,
        metavar="FILE",
        help="certify() runs this schedule instead of searching",
    )


@pytest.hookimpl(tryfirst=True)  # before Hypothesis loads the profile it was asked for
def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; the Hypothesis profiles only where Hypothesis is in use."""
    config.addinivalue_line(
        "markers", "shaketable: a test that certifies a subject (select with -m shaketable)"
    )
    wanted = config.getoption("--hypothesis-profile", None) or ""
    if str(wanted).startswith("shaketable-") or "hypothesis" in sys.modules:
        from shaketable.explore.generate.hypothesis_settings import register_profiles

        register_profiles()
    from shaketable.testing import Choice, choose

    before = choose(Choice(_profile(config), _replayed(config), _uncaptured(config)))

    def choose_as_before() -> None:
        choose(before)

    config.add_cleanup(choose_as_before)


def _replayed(config: pytest.Config) -> Path | None:
    """Return the schedule to run again, whose path is relative to the folder in which pytest was started."""
    given = config.getoption("--shaketable-replay")
    if given is None:
        return None
    file: Path = config.invocation_params.dir / given
    if not file.is_file():
        elsewhere = config.rootpath / given
        hint = f"; there is {elsewhere}" if elsewhere.is_file() else ""
        raise pytest.UsageError(f"--shaketable-replay: {file} is no file{hint}")
    return file


def _uncaptured(config: pytest.Config) -> Callable[[str], None]:
    """Return what writes a line to the terminal while pytest captures what the tests write."""

    def tell(line: str) -> None:
        capture = config.pluginmanager.getplugin("capturemanager")
        if capture is not None:
            capture.suspend_global_capture(in_=True)
        sys.stderr.write(f"\nshaketable: {line}\n")
        sys.stderr.flush()

    return tell


def _profile(config: pytest.Config) -> Literal["dev", "ci", "soak"]:
    match config.getoption("--shaketable-profile"):
        case "dev":
            return "dev"
        case "soak":
            return "soak"
        case "ci":
            return "ci"
        case _:
            return "ci" if os.environ.get("CI") else "dev"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the story to the report of a test that failed with PromiseBroken."""
    report = yield
    checks = sys.modules.get("shaketable.explore.check")
    if checks is None or call.excinfo is None or not isinstance(call.excinfo.value, checks.PromiseBroken):
        return report
    story = _story(item, call.excinfo.value)
    add = getattr(report.longrepr, "addsection", None)
    if add is None:
        report.sections.append(("shaketable", story))
    else:  # what is part of the failure is in JUnit XML too
        add("shaketable", story, "-")
    if os.environ.get("GITHUB_ACTIONS"):
        _tell_github(item, call.excinfo.value, story)
    return report


def _tell_github(item: pytest.Item, error: PromiseBroken, story: str) -> None:
    """Keep the annotation for the end of the session, as captured output is none, and add the story to the step's summary."""
    from shaketable.report.github import annotation, summary_of_test

    path, line, _ = item.location
    said = annotation(
        str(error),
        title=f"{error.subject.name} breaks {error.finding.promise}",
        file=path,
        line=(line or 0) + 1,
    )
    item.config.stash.setdefault(_ANNOTATIONS, []).append(said)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with open(summary, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(summary_of_test(item.nodeid, story))
        except OSError as problem:
            item.config.stash[_ANNOTATIONS].append(
                annotation(f"{summary} cannot be written: {problem.strerror}", title="shaketable")
            )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the annotations for GitHub, each on a line of its own."""
    for said in config.stash.get(_ANNOTATIONS, []):
        terminalreporter.ensure_newline()
        terminalreporter.write_line(said)


def _story(item: pytest.Item, error: PromiseBroken) -> str:
    from shaketable.report.story.story import story_of
    from shaketable.report.story.text import plain_story

    story = story_of(error.subject, error.schedule, error.history, error.finding)
    path = _save(item.config.rootpath, error)
    here = os.path.relpath(path)
    # What is given to pytest is relative to where it is started, what it calls a test is not.
    inner = item.nodeid.partition("::")[2]
    test = f"{os.path.relpath(item.path)}{inner and '::'}{inner}"
    command = f"pytest {shlex.quote(test)} --shaketable-replay {shlex.quote(here)}"
    told = plain_story(story, command, _WIDTH)
    if error.found is error.schedule:  # a replay: nothing was shrunk
        return told
    return f"{told}\n   found in {error.steps_before} steps, shrunk to {error.steps_after} in {error.executions} executions"


def _save(root: Path, error: PromiseBroken) -> Path:
    """Keep the schedule, named by what it shows: the next failure of the same kind replaces it."""
    from shaketable.explore.shrink.counterexamples import file_name
    from shaketable.report.data_file import write_whole
    from shaketable.schedule import dumps

    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():  # what failed last is no part of a project
        write_whole(ignored, b"*\n")
    finding = error.finding
    path = folder / f"{file_name(error.subject.name, finding.promise, finding.anomaly)}.json"
    write_whole(path, dumps(error.schedule))
    return path
