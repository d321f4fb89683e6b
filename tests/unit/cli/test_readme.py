"""The README's example, run as it stands: what it promises a new user is what he gets."""

import re
from pathlib import Path

pytest_plugins = ["pytester"]

README = (Path(__file__).parents[3] / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_example_tells_the_story_that_is_printed(pytester, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    for block in blocks("python"):
        name = re.match(r"# (\S+\.py)\n", block)[1]
        (pytester.path / name).write_text(block)
    printed = pytester.runpytest_subprocess("-p", "no:cacheprovider").outlines
    story = next(b for b in blocks("") if "mine breaks CB-7" in b)
    missing = [line for line in story.splitlines() if line and line not in printed]
    assert missing == []


def test_every_command_and_file_it_names_exists():
    from harness.cli import main

    for name in re.findall(r"shaketable (\w+)", README):
        assert name in main.list_commands(None), name
    for path in re.findall(r"\]\((\S+?)\)", README):
        assert (Path(__file__).parents[3] / path).exists(), path
