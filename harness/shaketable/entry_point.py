"""Functions, and other objects, named as `package.module:function`, as descriptions, command lines and messages between processes do.

It imports the standard library only: the first process of a container uses it without the rest of the harness.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


class NoSuchFunction(LookupError):
    """The module can be imported and has no such callable."""


def load_function(name: str) -> Callable[..., Any]:
    """Import `package.module:function` and return the function, which may be an attribute of a class.

    Raises NoSuchFunction when the module has no such callable; what the import of the module raises comes through.
    """
    found = load(name)
    if not callable(found):
        module_name, _, path = name.partition(":")
        raise NoSuchFunction(f"{module_name} has no callable {path!r}")
    return found  # type: ignore[no-any-return]


def load(name: str) -> Any:
    """Import `package.module:name` and return the object of that name; None if the module has none."""
    module_name, _, path = name.partition(":")
    found: Any = importlib.import_module(module_name)
    for attribute in path.split("."):
        found = getattr(found, attribute, None)
    return found
