"""`shaketable init`: write a test of a component of a kind, from the template that the kind brings, to begin with."""

from __future__ import annotations

import difflib
import importlib.util
from importlib.abc import InspectLoader
from importlib.metadata import entry_points
from pathlib import Path
from shlex import quote

import click

from shaketable.cli.commands import Exit
from shaketable.cli.output import note
from shaketable.components.kind import GROUP
from shaketable.errors import UsageError
from shaketable.report.printable import printable

_GUIDE = "docs/adding-a-kind.md says how a kind brings one"


@click.command("init")
@click.argument("kind", required=False)
@click.option("--asyncio", "in_asyncio", is_flag=True, help="Write the test of an asyncio component.")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Write it to this folder (default: here).")  # fmt: skip
def command(kind: str | None, in_asyncio: bool, out: Path) -> int:
    """Write a test of a component of KIND, such as breaker or lock, to edit; it runs at once.

    It has a correct class, a planted mistake that one line switches on, the profile with every knob, and the test that certifies
    the class. A file that is there already is not overwritten.
    """
    name = _kind_called(kind)
    source = _template_of(name, in_asyncio=in_asyncio)
    if source is None:
        raise UsageError(_lacking(name, in_asyncio=in_asyncio))
    path = out / f"test_my_{_module_of(name, in_asyncio=in_asyncio)}.py"
    _write_new(path, source)
    note(f"wrote {printable(str(path))}; next: pytest {printable(quote(str(path)))}")
    return Exit.CERTIFIED


def templates() -> dict[str, tuple[bool, ...]]:
    """Return the kinds that bring a template, each with whether it is one of asyncio: False, True, or both."""
    found = {
        name: tuple(
            in_asyncio
            for in_asyncio in (False, True)
            if _template_of(name, in_asyncio=in_asyncio) is not None
        )
        for name in sorted(entry_points(group=GROUP).names)
    }
    return {name: ways for name, ways in found.items() if ways}


def _kind_called(said: str | None) -> str:
    """Return the name of the kind that is meant: `-` and `_` are one. Raises UsageError, which names those there are."""
    known = sorted(entry_points(group=GROUP).names)
    if said is None:
        raise UsageError(f"of what kind? The kinds are {_listed(list(templates()))}")
    plain = {name.replace("-", "_"): name for name in known}
    meant = said.replace("-", "_").lower()
    if meant in plain:
        return plain[meant]
    close = [plain[one] for one in difflib.get_close_matches(meant, list(plain), n=1, cutoff=0.5)]
    hint = f"; did you mean {close[0]}?" if close else "."
    raise UsageError(f"there is no kind of component {said!r}{hint} The kinds are {_listed(known)}")


def _template_of(name: str, *, in_asyncio: bool) -> str | None:
    """Return the text of the template, a module beside that of the kind; None if there is none.

    Only the packages above it are imported. Raises UsageError when they cannot be.
    """
    *_, point = entry_points(group=GROUP, name=name)
    package, _, _ = point.module.rpartition(".")
    module = ".".join(filter(None, (package, f"{_module_of(name, in_asyncio=in_asyncio)}_template")))
    try:
        spec = importlib.util.find_spec(module)
    except Exception as error:  # foreign code: whatever it raises
        raise UsageError(f"the kind {name!r} ({point.value}) cannot be imported: {type(error).__name__}: {error}") from None  # fmt: skip
    if spec is None or not isinstance(spec.loader, InspectLoader):
        return None
    return spec.loader.get_source(module)


def _module_of(name: str, *, in_asyncio: bool) -> str:
    return f"{name.replace('-', '_')}{'_asyncio' if in_asyncio else ''}"


def _lacking(name: str, *, in_asyncio: bool) -> str:
    """Return what to do instead."""
    if _template_of(name, in_asyncio=not in_asyncio) is None:
        return f"the kind {name!r} brings no template ({_GUIDE}); {_listed(list(templates()))} do"
    if in_asyncio:
        return f"the kind {name!r} has no template for asyncio: leave --asyncio out"
    return f"the kind {name!r} has a template for asyncio alone: add --asyncio"


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, and the folders above it. Raises UsageError when it is, or cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        raise UsageError(_in_the_way(path)) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with file:
            file.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)  # it is ours, and half a test
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _in_the_way(path: Path) -> str:
    if not path.parent.is_dir():
        return f"{path.parent} is not a folder"
    return f"{path} is there already and was left as it is; move it, or name another folder by --out"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names) or "none"
