"""Functions, classes and constants by file and name, and what their bodies refer to."""

import ast

from tests.architecture.imports import import_graph, modules
from tests.architecture.sources import ROOT, parsed

Body = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definition(file: str, name: str) -> ast.stmt | None:
    """Return what `file` defines as a function, a class, `Class.method` or a constant."""
    path = ROOT / file
    if not path.is_file():
        return None
    scope: ast.AST = parsed(path)
    for part in name.split("."):
        found = next((one for one in _statements(scope) if part in _names(one)), None)
        if found is None:
            return None
        scope = found
    return found


def _statements(scope: ast.AST) -> list[ast.stmt]:
    return scope.body if isinstance(scope, Body) else []


def _names(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


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
