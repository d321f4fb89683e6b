"""docs/adding-a-kind.md, done as it says: its files are written, its test passes, its commands print what it shows."""

from __future__ import annotations

import importlib
import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner

import shaketable
from shaketable import PromiseBroken
from shaketable.cli import main
from shaketable.components import kind
from shaketable.components.kind import Kind

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).parents[3] / "docs" / "adding-a-kind.md").read_text()


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [text for of, text in found if of == language]


@pytest.fixture
def files(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with every file of the page."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    for block in blocks("python"):
        name = re.match(r"# (\S+\.py)\n", block)
        assert name is not None, block
        (pytester.path / name[1]).write_text(block)
    return pytester


def command(line: str) -> list[str]:
    program, *arguments = line.split()
    assert program == "shaketable"
    return [sys.executable, "-m", program, *arguments]


def shown(text: str) -> list[str]:
    """Return the lines without what depends on the width of the terminal."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_its_test_passes(files: pytest.Pytester) -> None:
    files.runpytest_subprocess("-p", "no:cacheprovider", "test_noops.py").assert_outcomes(passed=4)


def test_its_commands_print_what_it_says(files: pytest.Pytester) -> None:
    listing, certify, story = blocks("")
    listed = files.run(*command(listing))
    assert listed.ret == 0
    assert listed.outlines == ["notes.request", "notes.reply"]
    certified = files.run(*command(certify))
    assert certified.ret == 1
    printed = shown("\n".join(certified.outlines))
    assert [line for line in shown(story) if line not in printed] == []


def test_it_is_offered_by_the_name_that_it_says(
    files: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (declared,) = blocks("toml")
    name, value = re.findall(r'^(\w+) = "(\S+)"$', declared, re.MULTILINE)[0]
    assert f'entry-points."{kind.GROUP}"' in declared
    monkeypatch.syspath_prepend(files.path)
    monkeypatch.setattr(kind, "entry_points", lambda group: [EntryPoint(name, value, group)])
    try:
        assert isinstance(getattr(shaketable, name), Kind)
    finally:
        vars(shaketable).pop(name, None)


def test_its_template_is_what_init_writes_and_is_red_on_its_mistake(
    files: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = files.mkdir("noops-1.0.dist-info")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: noops\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        blocks("toml")[0].replace('"', "").replace("project.entry-points.", "")
    )
    monkeypatch.syspath_prepend(files.path)
    done = CliRunner().invoke(main, ["init", "noop"])
    assert done.exit_code == 0, done.output
    template = next(block for block in blocks("python") if block.startswith("# noop_template.py\n"))
    assert (files.path / "test_my_noop.py").read_text() == template
    try:
        generated = importlib.import_module("test_my_noop")
        generated.test_my_noop()
        monkeypatch.setattr(generated, "CERTIFIED", generated.Mistaken)
        with pytest.raises(PromiseBroken, match="NO-1"):
            generated.test_my_noop()
    finally:
        vars(shaketable).pop("noop", None)


def test_every_file_that_the_page_speaks_of_is_one_of_its_blocks() -> None:
    written = {re.match(r"# (\S+\.py)\n", block)[1] for block in blocks("python")}  # type: ignore[index]
    assert set(re.findall(r"`(\w+\.py)`", PAGE)) == written
