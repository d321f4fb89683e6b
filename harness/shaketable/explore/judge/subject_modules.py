"""The modules that a subject consists of: those of its own distribution that its modules import, and what else they use.

Nothing is imported to find them. The import statements of a source are read, and texts in it that name one of its own
modules, as an entry or a dynamic import does. Modules of another distribution are libraries: named with their version.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, distributions, packages_distributions
from importlib.metadata import version as version_of
from pathlib import Path
from urllib.parse import unquote, urlsplit

JUDGES = frozenset({"shaketable", "shaketable_patterns"})
"""Packages of the judge: what they carry of a subject is followed, what they import is not."""
_TOOLS = frozenset({"hypothesis", "msgspec", "pytest", "_pytest"})
_NAMED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)(?::[\w.]+)?")


def is_foreign(module: str) -> bool:
    """Tell whether `module` belongs to Python itself or to what the judge is made of: no part of any subject."""
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top in _TOOLS or top in sys.builtin_module_names


def file_of(module: str) -> Path | None:
    """Return the file of `module` without importing it; None if it has none or cannot be found."""
    loaded = sys.modules.get(module)
    named = getattr(loaded, "__file__", None)
    if named is None:
        spec = _spec_of(module)
        named = None if spec is None or not spec.has_location else spec.origin
    path = None if named is None else Path(named)
    return path if path is not None and path.is_file() else None


def _spec_of(module: str) -> ModuleSpec | None:
    """Ask the finders for `module`, as an import would, and for its parents, of which nothing is executed."""
    parent, _, _ = module.rpartition(".")
    places = None
    if parent:
        loaded = getattr(sys.modules.get(parent), "__path__", None)
        above = None if loaded is not None else _spec_of(parent)
        found = loaded if above is None else above.submodule_search_locations
        if found is None:
            return None
        places = list(found)
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        try:
            spec = None if find is None else find(module, places)
        except (ImportError, ValueError, OSError):
            spec = None
        if spec is not None:
            return spec  # type: ignore[no-any-return]
    return None


def distribution_of(module: str) -> str:
    """Return the distribution that installed `module`, also as an editable install; "" for a module of a plain folder."""
    names = _installed().get(module.partition(".")[0])
    if names:
        return sorted(names)[0]
    file = file_of(module)
    if file is not None:
        for name, folder in _editable().items():
            if file.is_relative_to(folder):
                return name
    return ""


@cache
def _installed() -> dict[str, list[str]]:
    return {top: list(names) for top, names in packages_distributions().items()}


@cache
def _editable() -> dict[str, Path]:
    """Return the project folder of each distribution that is installed as editable."""
    return {one.metadata["Name"]: folder for one in distributions() if (folder := _folder_of(one))}


def _folder_of(distribution: Distribution) -> Path | None:
    try:
        told = json.loads(distribution.read_text("direct_url.json") or "{}")
        url = urlsplit(told["url"]) if told.get("dir_info", {}).get("editable") else None
    except (ValueError, KeyError, AttributeError):
        return None
    return None if url is None or url.scheme != "file" else Path(unquote(url.path))


class OwnModules:
    """Collects modules, and what they import, as long as it belongs to the same distributions as the first ones."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self.files: dict[str, Path] = {}
        self.own_distributions: set[str] = {"", *own}
        self._libraries: set[str] = set()

    @property
    def libraries(self) -> tuple[str, ...]:
        """The distributions that are used and not the subject's own, as `name==version`, sorted."""
        return tuple(f"{name}=={version_of(name)}" for name in sorted(self._libraries, key=str.lower))

    def own(self, module: str) -> None:
        """Count the distribution of `module` among the subject's own."""
        if not is_foreign(module):
            self.own_distributions.add(distribution_of(module))

    def add(self, module: str) -> bool:
        """Note `module` and all it imports; tell whether its code is the subject's own, so that it is to be followed."""
        if is_foreign(module):
            return False
        if module.partition(".")[0] in JUDGES:
            return self._add_carrier(module)
        if not self._is_own(module):
            self._libraries.add(distribution_of(module))
            return False
        waiting = [module]
        while waiting:
            one = waiting.pop()
            if one in self.files or (file := file_of(one)) is None:
                continue
            self.files[one] = file
            waiting += self._imported(one, file)
        return module in self.files

    def _add_carrier(self, module: str) -> bool:
        if module.partition(".")[0] != "shaketable" and (file := file_of(module)) is not None:
            self.files[module] = file
        return True

    def _is_own(self, module: str) -> bool:
        return distribution_of(module) in self.own_distributions

    def _imported(self, module: str, file: Path) -> Iterator[str]:
        """Yield the own modules that `module` needs: its packages, its imports, those it names. Libraries are noted."""
        yield from _with_parents(module)
        if file.suffix != ".py":
            return
        imported, named = _names_in(file.read_bytes(), module, file.name == "__init__.py")
        for name in imported:
            if name.partition(".")[0] in JUDGES or is_foreign(name):
                continue
            if not self._is_own(name):
                self._libraries.add(distribution_of(name))
            elif file_of(name) is not None:
                yield from _with_parents(name)
        tops = {name.partition(".")[0] for name in self.files}
        for name in named:
            top = name.partition(".")[0]
            if top in tops and top not in JUDGES and file_of(name) is not None:
                yield from _with_parents(name)


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


@lru_cache(maxsize=2_000)
def _names_in(source: bytes, module: str, is_package: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the modules that `source` may import, wherever the statement stands, and the dotted names in its texts."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # it cannot run either
        return (), ()
    package = module if is_package else module.rpartition(".")[0]
    imported: dict[str, None] = {}
    named: dict[str, None] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                imported.update((alias.name, None) for alias in node.names)
            case ast.ImportFrom():
                base = _base_of(node, package)
                imported[base] = None
                imported.update((f"{base}.{alias.name}", None) for alias in node.names if alias.name != "*")
            case ast.Constant(value=str(text)) if found := _NAMED.fullmatch(text):
                named[found[1]] = None
    return tuple(name for name in imported if name), tuple(named)


def _base_of(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])
