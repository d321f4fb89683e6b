"""The shelf: docs/shelf.md, what is known of the libraries of others that are shipped as subjects.

`python -m tests.shelf` writes the page from what is stored in docs/shelf/. `python -m tests.shelf --search` searches first, every library or those
that are named (`--search breaker/pybreaker lock/redis-py`), and stores the verdict of each promise and the shortest schedule of
each anomaly that the subject is expected to show: what else is found follows from those, and might accuse a library wrongly. Where a
shorter one is stored already, that one stays.

A library comes onto the shelf by its subject alone: `library` of its Subject names the distribution, `reasons` of its
Expectation say what else speaks for each VIOLATION.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from shaketable.certificate import PromiseResult
from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.judge.expectations import expected_keys
from shaketable.report.schedule_file import load
from shaketable.runner import execute
from shaketable.schedule import Schedule, dumps
from shaketable.subject import Subject
from shaketable.verdict import Finding, Verdict
from shaketable_patterns.catalogue import subjects

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "shelf.md"
STORE = ROOT / "docs" / "shelf"
VERDICTS = STORE / "verdicts.json"
RUNS = 2_000
SEED = 0


class Searched(msgspec.Struct, frozen=True):
    """What a search of one library said: of which version, in how many runs, and of each promise certified, violated or why unknown."""

    version: str
    runs: int
    seed: int
    promises: dict[str, str]


@dataclass(frozen=True)
class Story:
    """A stored schedule, and what it shows now: the finding that it is stored for, None if it shows that no more."""

    path: Path
    schedule: Schedule
    finding: Finding | None

    @staticmethod
    def of(path: Path, subject: Subject) -> Story:
        schedule = load(path)
        expected = schedule.expected
        assert expected is not None, f"{path} expects nothing"
        shown = execute(ComponentWorld(), subject, schedule).findings
        wanted = (f for f in shown if (f.promise, f.anomaly) == (expected.promise, expected.anomaly))
        return Story(path, schedule, next(wanted, None))


def libraries() -> list[Subject]:
    """Return the subjects that are libraries of others and installed here, in the catalogue's order."""
    return [subject for subject in subjects() if subject.library]


def searched() -> dict[str, Searched]:
    """Return what is stored of each library, by the subject's name."""
    return msgspec.json.decode(VERDICTS.read_bytes(), type=dict[str, Searched])


def stories(subject: Subject) -> list[Story]:
    """Run every stored schedule of a library; by promise, as the pattern has them, and by length."""
    order = [promise.id for promise in subject.pattern.promises]
    found = [Story.of(path, subject) for path in sorted(STORE.glob(f"{_file_name(subject.name)}--*.json"))]
    return sorted(found, key=lambda story: (order.index(_promise(story)), len(story.schedule.steps)))


def violations(told: list[Story]) -> list[str]:
    """Return the promises that these stories violate, each once."""
    return list(dict.fromkeys(_promise(story) for story in told if _level(story) == "VIOLATION"))


def page(known: dict[str, Searched]) -> str:
    """Return the text of docs/shelf.md."""
    return "\n".join(_lines(known)) + "\n"


def search(subject: Subject) -> Searched:
    """Search a library, store the schedules, and return the verdicts. AssertionError for what its expectation does not say."""
    budget = Budget(runs=RUNS, replays=3)
    result = certify_subject(subject, ComponentWorld(), budget, SEED, now_s=lambda: 0.0).result
    assert not result.calibration, result.calibration
    assert not result.surprises, result.surprises
    for promise in result.promises:
        for example in promise.counterexamples:
            if (promise.id, example.finding.anomaly) in expected_keys(subject):
                _store(subject, example.schedule)
    return Searched(version(subject.library), RUNS, SEED, {p.id: _said(p) for p in result.promises})


def _said(promise: PromiseResult) -> str:
    return (
        promise.verdict.name.lower()
        if promise.verdict is not Verdict.UNKNOWN
        else f"unknown: {promise.reason}"
    )


def _store(subject: Subject, schedule: Schedule) -> None:
    assert schedule.expected is not None
    expected = schedule.expected
    path = STORE / f"{_file_name(subject.name)}--{expected.promise.lower()}--{expected.anomaly}.json"
    if path.exists():
        kept = Story.of(path, subject)
        if kept.finding is not None and len(kept.schedule.steps) <= len(schedule.steps):
            return
    path.write_bytes(dumps(schedule))


def _lines(known: dict[str, Searched]) -> Iterator[str]:
    yield from (
        "# The shelf",
        "",
        "The libraries of others that are shipped as subjects, each at one version and under a profile that says what its own documentation promises.",
        "Made by `python -m tests.shelf` from the subjects and from what `python -m tests.shelf --search` stored in `docs/shelf/`; `make certify` searches them",
        "again, and fails when it finds anything else.",
        "",
        "- **VIOLATION**: no profile would allow it. A second reason, which does not depend on this harness, stands beside each.",
        "- **OFF-PROFILE**: another profile would allow it. Where a library's documentation is silent, its profile is that of the pattern it refers to, so this is",
        "  something to know before it is used, and no defect.",
        "- **LIMIT**: the author documents it, or it cannot be otherwise for what the library is.",
        "- **certified**: put to the test, and nothing that was tried broke it. **unknown**: no evidence either way.",
        "",
        "A verdict speaks for the simulated world and for that version. Each story is a schedule beside the page, and the shortest that is known:",
        "`shaketable replay` with its file prints it, from the root of the repository and with the extras of `make certify` installed.",
        "",
        "| library | subject | VIOLATION | OFF-PROFILE | LIMIT | certified | unknown |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    )
    shelf = [(subject, known[subject.name], stories(subject)) for subject in libraries()]
    for subject, said, told in shelf:
        levels = {level: _promises(told, level) for level in ("VIOLATION", "OFF-PROFILE", "LIMIT")}
        certified = _ids(p for p, verdict in said.promises.items() if verdict == "certified")
        unknown = _ids(p for p, verdict in said.promises.items() if verdict.startswith("unknown"))
        cells = (f"{subject.library} {said.version}", f"[{subject.name}](#{_anchor(subject.name)})")
        yield f"| {' | '.join((*cells, *levels.values(), certified, unknown))} |"
    for subject, said, told in shelf:
        yield from _library(subject, said, told)


def _library(subject: Subject, said: Searched, told: list[Story]) -> Iterator[str]:
    yield from ("", f"## {subject.name}", "", f"{subject.summary}. {said.runs:,} runs, seed {said.seed}.", "")
    yield from ("| promise | verdict | shortest story |", "| --- | --- | --- |")
    titles = {promise.id: promise.title for promise in subject.pattern.promises}
    for promise, verdict in said.promises.items():
        mine = [story for story in told if _promise(story) == promise]
        if not mine:
            told_as = "follows from the others" if verdict == "violated" else verdict
            yield f"| {promise}: {_cell(titles[promise])} | {_cell(told_as)} | |"
        for story in mine:
            yield f"| {promise}: {_cell(titles[promise])} | {_level(story)}: {_anomaly(story)} | {_link(story)} |"
    for promise in titles:
        if any(_promise(story) == promise and _level(story) == "VIOLATION" for story in told):
            yield from (
                "",
                f"{promise}, seen without the harness: {subject.expects.reasons.get(promise, 'not said yet')}",
            )


def _link(story: Story) -> str:
    assert story.finding is not None, f"{story.path} shows it no more"
    count = len(story.schedule.steps)
    name = story.path.relative_to(PAGE.parent).as_posix()
    return f"[{count} step{'s' if count > 1 else ''}]({name}): {_cell(story.finding.message)}"


def _level(story: Story) -> str:
    return "" if story.finding is None else story.finding.level


def _promise(story: Story) -> str:
    return "" if story.schedule.expected is None else story.schedule.expected.promise


def _anomaly(story: Story) -> str:
    return "" if story.schedule.expected is None else story.schedule.expected.anomaly.replace("-", " ")


def _promises(told: list[Story], level: str) -> str:
    return _ids(_promise(story) for story in told if _level(story) == level)


def _ids(promises: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(promises))


def _anchor(name: str) -> str:
    return name.replace("/", "")


def _file_name(subject: str) -> str:
    return subject.replace("/", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.shelf", description=__doc__)
    options.add_argument("--search", nargs="*", metavar="SUBJECT", help="search these first, or all")
    chosen = options.parse_args()
    STORE.mkdir(exist_ok=True)
    known = searched() if VERDICTS.exists() else {}
    if chosen.search is not None:
        for subject in libraries():
            if not chosen.search or subject.name in chosen.search:
                known[subject.name] = search(subject)
                kept = {one.name: known[one.name] for one in libraries() if one.name in known}
                VERDICTS.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    PAGE.write_text(page(known))


if __name__ == "__main__":
    main()
