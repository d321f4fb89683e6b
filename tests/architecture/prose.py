"""The words of the source: identifiers, comments, and the text of strings."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

Documented = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[int, str]


def docstrings_of_functions(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield line, name and docstring of each function and method; a property is a noun."""
    for node in ast.walk(tree):
        if isinstance(node, Documented) and not _is_property(node):
            text = ast.get_docstring(node)
            if text is not None:
                yield node.lineno, node.name, text


def comments(path: Path) -> Iterator[Place]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def texts(tree: ast.Module) -> Iterator[Place]:
    """Yield every string: docstrings, messages, and the literal parts of f-strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def identifiers(tree: ast.Module) -> Iterator[Place]:
    """Yield every name that the file defines, uses or imports."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield line, name
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield line, name
            case ast.keyword(arg=str(name)) | ast.alias(name=name, asname=None):
                yield line, name
            case ast.alias(name=name, asname=str(other)):
                yield line, f"{name}.{other}"
            case ast.ImportFrom(module=str(name)):
                yield line, name
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                yield line, name


def words(identifier: str) -> list[str]:
    """Return the words of an identifier: `_HeldCall.for_ms` is held, call, for and ms."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", identifier)
    return re.findall(r"[a-z]+", apart.lower())


def _is_property(node: Documented) -> bool:
    names = {ast.unparse(one).rpartition(".")[2] for one in node.decorator_list}
    return bool(names & {"property", "cached_property", "setter"})
