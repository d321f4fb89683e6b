"""No circle of imports between files; what only the type checker imports counts, for a reader follows it too."""

import ast
from itertools import pairwise

from tests.architecture.imports import Graph, circles, edges, import_graph, modules
from tests.architecture.sources import shown


def in_words(graph: Graph, circle: list[str]) -> str:
    around = [*circle, circle[0]]
    lines = [
        f"{shown(modules()[one])}:{graph[one][other]} imports {other}" for one, other in pairwise(around)
    ]
    return "; ".join(lines)


def test_a_circle_is_found_once_and_a_longer_way_is_not_one():
    graph = {"a": {"b": 1}, "b": {"c": 1, "d": 1}, "c": {"a": 1}, "d": {}, "e": {"a": 1}}
    assert circles(graph) == [["a", "b", "c"]]
    assert circles({"a": {"b": 1}, "b": {}}) == []


def test_an_import_counts_wherever_it_stands():
    source = """
import p.one
from typing import TYPE_CHECKING
from p import two
from . import three
from .room.four import Noun
if TYPE_CHECKING:
    from p.five import Other
def late():
    from p.six import first, second
"""
    known = {"p", "p.one", "p.two", "p.three", "p.room", "p.room.four", "p.five", "p.six"}
    assert set(edges(ast.parse(source), "p", known)) == known - {"p", "p.room"}


def test_no_circle_of_imports_between_files():
    graph = import_graph()
    assert sum(map(len, graph.values())) > len(graph)
    found = [in_words(graph, circle) for circle in circles(graph)]
    assert not found, "\n".join(found)
