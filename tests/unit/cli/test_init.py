"""`shaketable init`: a test of a component that is green as it stands, red on its planted mistake, and never overwrites."""

from __future__ import annotations

import importlib.util
import re
import tokenize
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_type_hints

import pytest
from click.testing import CliRunner, Result

import shaketable
from shaketable import NotCertified, PromiseBroken
from shaketable.cli import main
from shaketable.cli.init import templates
from shaketable.components.kind import kind_named
from shaketable.explore.generate.hypothesis_settings import RUNS

FEW_RUNS = 15
"""Enough to see that a correct class agrees with its profile and is accused of nothing; a campaign makes all runs."""
EACH = [(name, in_asyncio) for name, ways in templates().items() for in_asyncio in ways]
each = pytest.mark.parametrize(("kind", "in_asyncio"), EACH)


def init(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


def written(folder: Path, kind: str, in_asyncio: bool) -> Path:
    done = init(kind, "--out", folder, *(["--asyncio"] if in_asyncio else []))
    assert done.exit_code == 0, done.output
    (path,) = folder.iterdir()
    assert f"next: pytest {path}" in done.stderr
    return path


def certify_as_it_stands(path: Path) -> ModuleType:
    """Import a generated test and call its test function, as pytest would."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    getattr(module, path.stem)()
    return module


def test_every_shipped_kind_brings_a_template():
    shipped = {name for name in shaketable.__all__ if getattr(getattr(shaketable, name), "interface", None)}
    assert shipped == set(templates())


@each
def test_it_is_accused_of_nothing_as_it_stands(tmp_path, monkeypatch, kind, in_asyncio):
    monkeypatch.setitem(RUNS, "dev", FEW_RUNS)
    try:
        certify_as_it_stands(written(tmp_path, kind, in_asyncio))
    except NotCertified as few:
        unjudged = [
            one for one in few.reasons if not re.search("too little evidence|was never exercised", one)
        ]
        assert unjudged == []


@pytest.mark.campaign
@each
def test_it_is_green_as_it_stands(tmp_path, kind, in_asyncio):
    certify_as_it_stands(written(tmp_path, kind, in_asyncio))


@each
def test_one_line_makes_it_red(tmp_path, kind, in_asyncio):
    path = written(tmp_path, kind, in_asyncio)
    text = path.read_text()
    changed = re.sub(
        r"^CERTIFIED = My\w+  # the planted mistake: (CERTIFIED = Mistaken)$", r"\1", text, flags=re.M
    )
    differ = [one for one in zip(text.splitlines(), changed.splitlines(), strict=True) if one[0] != one[1]]
    assert len(differ) == 1
    path.write_text(changed)
    with pytest.raises(PromiseBroken):
        certify_as_it_stands(path)


@each
def test_its_profile_says_every_knob_and_what_it_means(tmp_path, kind, in_asyncio):
    path = written(tmp_path, kind, in_asyncio)
    lines = path.read_text().partition("\nPROFILE")[2].partition("\n}\n")[0].splitlines()[1:]
    said = [re.fullmatch(r'    "(\w+)": [^#]+,  # \w.+', line) for line in lines]
    assert None not in said, lines
    pattern = import_module(kind_named(kind).pattern.__module__)
    knobs = get_type_hints(import_module(f"{pattern.__package__}.profile").Knobs)
    assert {one[1] for one in said} == {name for name in knobs if not name.startswith("__")}


@each
def test_it_says_what_made_it_and_what_to_do_next(tmp_path, kind, in_asyncio):
    path = written(tmp_path, kind, in_asyncio)
    with tokenize.open(path) as file:
        said = file.read().split('"""')[1].splitlines()
    assert f"`shaketable init {kind}{' --asyncio' if in_asyncio else ''}`" in said[0]
    assert f"`pytest {path.name}`" in said[0]
    assert [line[:2] for line in said[1:] if line] == ["1.", "2.", "3."]


def test_a_file_that_is_there_is_left_as_it_is(tmp_path):
    mine = tmp_path / "test_my_bulkhead.py"
    mine.write_text("mine")
    done = init("bulkhead", "--out", tmp_path)
    assert done.exit_code == 2
    assert done.stderr == (
        f"shaketable: {mine} is there already and was left as it is; move it, or name another folder by --out\n"
    )
    assert mine.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [mine]


def test_a_link_to_nowhere_is_not_written_through(tmp_path):
    (tmp_path / "test_my_lock.py").symlink_to(tmp_path / "elsewhere")
    assert init("lock", "--out", tmp_path).exit_code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_written_is_one_line_and_exit_2(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/of-no-process")):
        done = init("lock", "--out", out)
        assert done.exit_code == 2, done.output
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.output


def test_a_folder_that_is_not_there_is_made(tmp_path):
    assert init("lock", "--out", tmp_path / "tests" / "locks").exit_code == 0
    assert (tmp_path / "tests" / "locks" / "test_my_lock.py").is_file()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((), "of what kind? The kinds are breaker, "),
        (
            ("braker",),
            "there is no kind of component 'braker'; did you mean breaker? The kinds are breaker, ",
        ),
        (("zzz",), "there is no kind of component 'zzz'. The kinds are breaker, "),
    ],
)
def test_a_kind_that_there_is_not_is_told_with_those_there_are(tmp_path, monkeypatch, said, told):
    monkeypatch.chdir(tmp_path)
    done = init(*said)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"shaketable: {told}")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Return a function that installs a package offering kinds, each with the modules beside it."""

    def offered(*kinds: str, **modules: str) -> None:
        folder = tmp_path / "installed"
        about = folder / "theirs-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
        lines = [f"{kind} = {kind.replace('-', '_')}_kind:kind" for kind in kinds]
        (about / "entry_points.txt").write_text("\n".join(["[shaketable.kinds]", *lines]) + "\n")
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(folder)

    return offered


def test_a_kind_of_a_third_party_brings_its_template(tmp_path, offer):
    offer("their-kind", their_kind_template="# theirs\n")
    assert written(tmp_path / "out", "Their_Kind", False).read_text() == "# theirs\n"
    told = init("their-kind", "--out", tmp_path, "--asyncio")
    assert told.exit_code == 2
    assert "the kind 'their-kind' has no template for asyncio: leave --asyncio out" in told.stderr


def test_a_kind_without_a_template_says_what_to_do(tmp_path, offer):
    offer("bare", "modern", modern_asyncio_template="# theirs\n")
    told = init("bare", "--out", tmp_path).stderr
    assert (
        "the kind 'bare' brings no template (docs/adding-a-kind.md says how a kind brings one); breaker, "
        in told
    )
    assert {"lock", "modern"} <= set(re.findall(r"\w+", told.partition("); ")[2]))
    assert "the kind 'modern' has a template for asyncio alone: add --asyncio" in init("modern").stderr
