"""ARCHITECTURE.md is true: its tree is the tree, its arrows are the contracts, its walk can be walked."""

import ast
from pathlib import PurePosixPath

from tests.architecture.contracts import layers, project
from tests.architecture.functions import definition, imports, is_attribute_in, is_named_in
from tests.architecture.imports import modules
from tests.architecture.map import Line, blocks, lines, path_of
from tests.architecture.sources import PACKAGES, shown, tracked

Step = tuple[str, str]
"""A file, and a function, class or constant of it."""


def folders() -> set[str]:
    return {
        f"{folder}/" for path in tracked() for folder in PurePosixPath(shown(path)).parents if folder.name
    }


def steps() -> list[tuple[Step, Step | None]]:
    """Return each step of the walk with the one that calls it; the first of a block has none."""
    return [
        (step_of(line), step_of(line.above) if line.above else None)
        for block in blocks("walk")
        for line in lines(block)
    ]


def step_of(line: Line) -> Step:
    """Return file and name; a file of another package than the harness begins with that package."""
    file, _, name = line.name.partition(":")
    package = file.partition("/")[0]
    if package in PACKAGES:
        return f"{PACKAGES[package]}/{file}", name
    return f"harness/shaketable/{file}", name


def entry_points() -> set[Step]:
    """Return the functions that an installation calls by their names in pyproject.toml."""
    groups = [project()["scripts"], *project()["entry-points"].values()]
    named = [target.partition(":") for group in groups for target in group.values() if ":" in target]
    return {(shown(modules()[module]), function) for module, _, function in named}


def unreached(step: Step, caller: Step) -> str:
    """Return why `step` is not what `caller` goes on with, or an empty string."""
    body = definition(*caller)
    if body is None or definition(*step) is None:
        return ""  # said already
    if is_named_in(body, step[1]):
        return "" if imports(caller[0], step[0]) else f"{caller[0]} does not import {step[0]}"
    return "" if is_attribute_in(body, step[1]) else f"{':'.join(caller)} does not use {':'.join(step)}"


def test_an_indented_block_is_read():
    block = "a/  the first\n  b/  below it\n\n    c/d/  two at once\n  e/\n"
    assert [(path_of(line), line.says) for line in lines(block)] == [
        ("a/", "the first"),
        ("a/b/", "below it"),
        ("a/b/c/d/", "two at once"),
        ("a/e/", ""),
    ]


def test_a_function_is_found_and_what_it_refers_to():
    here = "tests/architecture/test_map.py"
    assert definition(here, "steps") is not None
    assert definition("tests/architecture/map.py", "Line") is not None
    assert definition("tests/architecture/map.py", "Line.nothing") is None
    assert definition(here, "Step") is not None
    assert definition("no/such/file.py", "steps") is None
    body = ast.parse("def f():\n    world.open(make())")
    assert is_attribute_in(body, "SimWorld.open")
    assert is_named_in(body, "make")
    assert not is_attribute_in(body, "SimWorld.close")
    assert not is_named_in(body, "open")


def test_the_tree_has_each_folder_and_says_what_it_is_for():
    listed = {path_of(line): line.says for block in blocks("tree") for line in lines(block)}
    assert sorted(folders() - {above for path in listed for above in ancestors(path)}) == []
    assert sorted(set(listed) - folders()) == []
    assert [path for path, says in listed.items() if not says] == []


def ancestors(path: str) -> set[str]:
    """Return the path itself and what it names on its way: `harness/shaketable/` is on one line."""
    parts = path.rstrip("/").split("/")
    return {"/".join(parts[: n + 1]) + "/" for n in range(len(parts))}


def test_the_arrows_are_those_that_import_linter_holds():
    drawn: dict[str, list[str]] = {}
    for block in blocks("layers"):
        for line in lines(block):
            if line.above is None:
                drawn[line.name] = []
            else:
                drawn[line.above.name].append(line.name)
    assert drawn == layers()


def test_each_step_of_the_walk_exists():
    walked = steps()
    assert len(walked) > 10
    assert [":".join(step) for step, _ in walked if definition(*step) is None] == []


def test_each_part_of_the_walk_begins_where_an_earlier_one_led():
    walked = steps()
    found = [
        ":".join(step)
        for n, (step, caller) in enumerate(walked)
        if n and caller is None and step not in dict(walked[:n]) and step not in entry_points()
    ]
    assert not found, "\n".join(found)


def test_each_step_of_the_walk_is_called_by_the_one_above_it():
    found = [unreached(step, caller) for step, caller in steps() if caller]
    assert not any(found), "\n".join(filter(None, found))
