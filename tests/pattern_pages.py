"""The pages of the patterns: `python -m tests.pattern_pages` writes docs/patterns/README.md and the stories of the other pages.

A story stands on a page in a fenced block of the language `console`, whose first line is `$ ` and the command that prints it,
as it is typed at the root of the repository: `shaketable ...`, or `python -m tests.pattern_tables.NAME` for a table that is measured. The rest of
the block is what the command prints to stdout.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from click.testing import CliRunner

from shaketable.cli import main
from shaketable.explore.shrink.real_shrinker import can_be_simulated
from shaketable.subject import Component, Subject, System
from shaketable.verdict import Promise
from shaketable.world_traits import WORLDS, traits_of
from shaketable_patterns.catalogue import subjects
from shaketable_patterns.described.subject import subject_from

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "patterns"
TABLE = FOLDER / "README.md"
_STORY = re.compile(
    r"^```console\n\$ (?P<command>(?:shaketable |python -m tests\.pattern_tables\.).*)\n(?P<printed>(?:.*\n)*?)```$",
    re.MULTILINE,
)


def pages() -> list[Path]:
    """Return the pages of single patterns, in order of their names."""
    return sorted(page for page in FOLDER.glob("*.md") if page != TABLE)


def commands(text: str) -> list[str]:
    """Return the commands of the stories of a page."""
    return [found["command"] for found in _STORY.finditer(text)]


def with_stories(text: str) -> str:
    """Return the page with each story as its command prints it now."""
    return _STORY.sub(lambda found: f"```console\n$ {found['command']}\n{printed(found['command'])}```", text)


def printed(command: str) -> str:
    """Return what `command` prints to stdout at the root of the repository, which has to be something."""
    if command.startswith("python -m "):
        table = import_module(command.removeprefix("python -m "))
        return "".join(f"{line}\n" for line in table.lines())
    program, *arguments = shlex.split(command)
    assert program == "shaketable", f"a story is printed by shaketable, not by {program!r}"
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        done = CliRunner().invoke(main, arguments)
    finally:
        os.chdir(before)
    lines = [line.rstrip() for line in done.stdout.strip().splitlines()]
    assert done.exit_code in (0, 1), f"`{command}` ends with {done.exit_code}: {done.stderr}"
    assert lines, f"`{command}` prints nothing"
    return "".join(f"{line}\n" for line in lines)


def page_of(pattern: str) -> Path:
    """Return where the page of a pattern stands, if there is one: its name, or what follows the dash in it."""
    whole = FOLDER / f"{pattern}.md"
    return whole if whole.exists() else FOLDER / f"{pattern.partition('-')[2] or pattern}.md"


def table() -> str:
    """Return the text of docs/patterns/README.md."""
    return "\n".join(_lines()) + "\n"


def described() -> list[Subject]:
    """Return the foreign systems that are shipped as descriptions, in order of their files."""
    return [subject_from(path) for path in sorted((ROOT / "target_services").glob("*/*/*.toml"))]


def _lines() -> Iterator[str]:
    shipped, foreign = subjects(), described()
    yield from (
        "# The patterns",
        "",
        "Made from the catalogue by `python -m tests.pattern_pages`. A variant in italics is wrong in a way that is known: it has to break",
        "its promises. What a promise says is below, and where it comes from in `docs/specification/patterns.md`.",
        "",
        "| pattern | promises | variants | mutants | worlds |",
        "| --- | --- | --- | --- | --- |",
    )
    for pattern in dict.fromkeys(subject.pattern.name for subject in shipped):
        yield _row(pattern, [subject for subject in shipped if subject.pattern.name == pattern])
    yield from (
        "",
        "## Systems of which only a description is known",
        "",
        "They are judged by the roles that their files declare (`docs/your-system.md`), right or wrong.",
        "",
        "| system | promises | worlds |",
        "| --- | --- | --- |",
    )
    for subject in foreign:
        promises = _ids(subject.pattern.promises)
        yield f"| {subject.name}: {_cell(subject.summary)} | {promises} | {_worlds(subject)} |"
    yield from (
        "",
        "## The promises",
        "",
        "| promise | | judged in | broken by | mutants that die of it |",
        "| --- | --- | --- | --- | --- |",
    )
    for promise in _by_id(promise for one in [*shipped, *foreign] for promise in one.pattern.promises):
        yield _promise_row(promise, shipped, foreign)


def _row(pattern: str, family: list[Subject]) -> str:
    variants = [subject for subject in family if not subject.mutant_of]
    page = page_of(pattern)
    name = f"[{pattern}]({page.name})" if page.exists() else pattern
    cells = (
        name,
        _ids(promise for subject in family for promise in subject.pattern.promises),
        ", ".join(f"*{_variant(s)}*" if s.expects.breaks else _variant(s) for s in variants),
        str(len(family) - len(variants)),
        _worlds(variants[0]),
    )
    return f"| {' | '.join(cells)} |"


def _promise_row(promise: Promise, shipped: list[Subject], foreign: list[Subject]) -> str:
    judging = [s for s in shipped if promise in s.pattern.promises]
    places = dict.fromkeys(s.pattern.name for s in judging if not s.mutant_of)
    systems = [s.name for s in foreign if promise in s.pattern.promises]
    cells = (
        promise.id,
        _cell(promise.title),
        ", ".join([*places, *systems]),
        ", ".join(f"*{s.name}*" for s in judging if promise.id in s.expects.breaks and not s.mutant_of),
        str(sum(promise.id in s.kills for s in judging)),
    )
    return f"| {' | '.join(cells)} |"


def _by_id(promises: Iterator[Promise]) -> list[Promise]:
    """Return each promise once, those of one pattern together, in the order of their numbers."""
    found = {promise.id: promise for promise in promises}
    prefixes = list(dict.fromkeys(_prefix_and_number(one)[0] for one in found))
    return sorted(
        found.values(), key=lambda p: (prefixes.index(_prefix_and_number(p.id)[0]), _prefix_and_number(p.id))
    )


def _prefix_and_number(promise: str) -> tuple[str, int]:
    prefix, _, number = promise.partition("-")
    return prefix, int(number)


def _ids(promises: Iterator[Promise] | tuple[Promise, ...]) -> str:
    """Return the ids by their prefixes, as in `OB-1 2 3, DL-1`."""
    of: dict[str, list[int]] = {}
    for promise in _by_id(iter(promises)):
        prefix, number = _prefix_and_number(promise.id)
        of.setdefault(prefix, []).append(number)
    return ", ".join(f"{prefix}-{' '.join(map(str, numbers))}" for prefix, numbers in of.items())


def _variant(subject: Subject) -> str:
    return subject.name.partition("/")[2]


def _worlds(subject: Subject) -> str:
    if isinstance(subject.target, Component):
        return "sim"
    return ", ".join(world for world in WORLDS if _runs_in(world, subject.target, subject))


def _runs_in(world: str, system: System, subject: Subject) -> bool:
    """Tell whether the world can start every part of a system."""
    if not traits_of(world).has_servers:
        return can_be_simulated(subject)
    boxes = [part for part in system.parts if part.is_black_box]
    return all(part.image if traits_of(world).runs_images else part.command for part in boxes)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page in pages():
        page.write_text(with_stories(page.read_text()))
    TABLE.write_text(table())
