"""The README's example, run as it stands: a new user gets what it promises."""

import re
from pathlib import Path

import pytest

from shaketable.schedule import Do, Expected, Schedule, Wait, dumps

pytest_plugins = ["pytester"]

README = (Path(__file__).parents[3] / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def story():
    return next(b for b in blocks("") if "mine breaks CB-7" in b)


@pytest.fixture
def example(pytester, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    for block in blocks("python"):
        name = re.match(r"# (\S+\.py)\n", block)[1]
        (pytester.path / name).write_text(block)
    return pytester


def steps_of(text):
    """Return the steps of a story, read back from its words."""
    steps = []
    for line in text.splitlines():
        words = re.match(r"\W+\d+\. +[\d.]+ s (.*)", line)
        if words is None:
            continue
        for pattern, step in (
            (r"step start call (\d+)", lambda n: Do("start", {"call": int(n)})),
            (r"step let call (\d+) fail", lambda n: Do("finish", {"call": int(n), "with": "fail"})),
            (
                r"step let call (\d+) raise an exc",
                lambda n: Do("finish", {"call": int(n), "with": "excluded"}),
            ),
            (r" *let (\d+) s pass", lambda n: Wait(int(n) * 1_000)),
        ):
            found = re.match(pattern, words[1])
            if found:
                steps.append(step(found[1]))
    return steps


def test_the_example_is_found_out(example):
    printed = example.runpytest_subprocess("-p", "no:cacheprovider").outlines
    assert story().splitlines()[0] in printed


def test_the_printed_story_is_what_its_steps_show(example):
    """Replay it instead of searching: it depends on the machine which of several stories a search ends in."""
    schedule = Schedule("mine", tuple(steps_of(story())), 0, Expected("CB-7", "permit-leaked"))
    assert len(schedule.steps) == 9
    replay = re.search(r"--shaketable-replay (\S+)", story())[1]
    (example.path / replay).parent.mkdir()
    (example.path / replay).write_bytes(dumps(schedule))
    printed = example.runpytest_subprocess("-p", "no:cacheprovider", "--shaketable-replay", replay).outlines
    assert [line for line in story().splitlines() if line and line not in printed] == []


def test_every_command_and_file_it_names_exists():
    from shaketable.cli import main

    for name in re.findall(r"(?<!from )shaketable (\w+)", README):
        assert name in main.list_commands(None), name
    for path in re.findall(r"\]\((\S+?)\)", README):
        assert (Path(__file__).parents[3] / path).exists(), path
