"""Functions and classes by file and name, and what their bodies refer to."""

import ast

from tests.architecture.imports import import_graph, modules
from tests.architecture.sources import ROOT, parsed

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definition(file: str, name: str) -> Definition | None:
    """Return what `file` defines as `function`, `Class` or `Class.method`."""
    path = ROOT / file
    if not path.is_file():
        return None
    scope: ast.Module | Definition = parsed(path)
    for part in name.split("."):
        inside = [one for one in scope.body if isinstance(one, Definition) and one.name == part]
        if not inside:
            return None
        scope = inside[0]
    return scope if isinstance(scope, Definition) else None


def is_named_in(body: ast.AST, name: str) -> bool:
    """Tell whether `body` uses it by its name, which takes an import or a definition in the same file."""
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(body))


def is_attribute_in(body: ast.AST, name: str) -> bool:
    """Tell whether it is reached through an object, as a protocol's method or a function that is data."""
    last = name.rpartition(".")[2]
    return any(isinstance(node, ast.Attribute) and node.attr == last for node in ast.walk(body))


def imports(file: str, other: str) -> bool:
    """Tell whether `file` imports `other`, or is it."""
    names = {str(path.relative_to(ROOT)): name for name, path in modules().items()}
    return file == other or names[other] in import_graph()[names[file]]
