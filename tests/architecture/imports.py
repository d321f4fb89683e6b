"""Who imports whom among the files of the three packages, and the circles in that."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.architecture.sources import PACKAGES, ROOT, SOURCES, parsed, python_files

Graph = Mapping[str, Mapping[str, int]]
"""For each module the modules that it imports, each with the line of the first import."""


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in python_files(*SOURCES):
        parts = path.relative_to(ROOT).with_suffix("").parts[1:]
        found[".".join(parts).removesuffix(".__init__")] = path
    assert set(PACKAGES) <= set(found)
    return found


@cache
def import_graph() -> Graph:
    known = modules()
    graph = {}
    for name, path in known.items():
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        graph[name] = edges(parsed(path), package, set(known)) | {}
        graph[name].pop(name, None)
    return graph


def edges(tree: ast.Module, package: str, known: set[str]) -> dict[str, int]:
    """Return what is imported anywhere: at the top, in a function, and for the type checker only."""
    found: dict[str, int] = {}
    for line, name in imported(tree, package):
        while name and name not in known:
            name = name.rpartition(".")[0]  # a name that a module defines
        if name:
            found.setdefault(name, line)
    return found


def imported(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *base.split(".")]).rstrip(".")
            yield from ((node.lineno, f"{base}.{one.name}") for one in node.names)


def circles(graph: Graph) -> list[list[str]]:
    """Return the shortest circle through each module that is in one, each circle once."""
    found = {}
    for start in graph:
        circle = _way_back(graph, start)
        if circle:
            found.setdefault(frozenset(circle), circle)
    return sorted(found.values(), key=lambda circle: (len(circle), circle))


def _way_back(graph: Graph, start: str) -> list[str]:
    ways = [[start]]
    seen = set()
    for way in ways:
        for module in graph[way[-1]]:
            if module == start:
                return way
            if module not in seen and module in graph:
                seen.add(module)
                ways.append([*way, module])
    return []
