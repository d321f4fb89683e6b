"""The digest of a subject: one hash over the source files that its factories reach, so that a certificate names its code."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType

from shaketable.subject import Component, Subject, System

_OURS = frozenset({"shaketable", "hypothesis", "msgspec"})  # the judge is no part of the subject


def digest(subject: Subject) -> str:
    """Return the sha256, in hex, over names and contents of those files. Names are modules', so the folder does not matter."""
    total = hashlib.sha256()
    for name, source in sorted(sources(subject).items()):
        total.update(f"{name} {hashlib.sha256(source).hexdigest()}\n".encode())
    return total.hexdigest()


def sources(subject: Subject) -> dict[str, bytes]:
    """Return the source by module name, for every module that the subject's factories reach outside harness and stdlib.

    Of a black box: its description, and each word of its command that is a file: the program, a script, an archive.
    Files that those load are not followed, and of an image only the name is known.
    """
    walk = _Walk()
    for factory in _factories(subject.target):
        walk.visit(factory)
    return {name: path.read_bytes() for name, path in walk.files.items()} | _described(subject.target)


def _described(target: System | Component) -> dict[str, bytes]:
    if isinstance(target, Component):
        return {}
    boxes = [part for part in target.parts if part.is_black_box]
    places = {
        f"program {box.name} {n}": Path(box.folder, word)
        for box in boxes
        for n, word in enumerate(box.command)
    }
    found = {name: path.read_bytes() for name, path in places.items() if path.is_file()}
    text = getattr(target.perform, "description", b"")
    return found | ({"description": text} if text else {})


def _factories(target: System | Component) -> Iterator[object]:
    if isinstance(target, Component):
        yield target.open
        return
    yield target.perform
    for part in target.parts:
        yield part.make
    for external in target.externals:
        yield external.make


class _Walk:
    """Follows functions, classes and modules by what their code names; libraries are entered one file deep."""

    def __init__(self) -> None:
        self.files: dict[str, Path] = {}
        self._seen: list[object] = []  # keeps them alive, so that an id stays theirs
        self._ids: set[int] = set()

    def visit(self, thing: object) -> None:
        if id(thing) in self._ids:
            return
        self._ids.add(id(thing))
        self._seen.append(thing)
        match thing:
            case functools.partial():
                self._all((thing.func, *thing.args, *thing.keywords.values()))
            case MethodType():
                self._all((thing.__func__, thing.__self__))
            case FunctionType():
                self._function(thing)
            case type():
                self._class(thing)
            case ModuleType():
                self._own(thing.__name__)
            case tuple() | list():
                self._all(tuple(thing))
            case _ if is_dataclass(thing):
                self._all((type(thing), *(getattr(thing, f.name) for f in fields(thing))))
            case _ if callable(thing):
                self.visit(type(thing))

    def _all(self, things: tuple[object, ...]) -> None:
        for thing in things:
            self.visit(thing)

    def _function(self, function: FunctionType) -> None:
        if not self._own(function.__module__):
            return
        for cell in function.__closure__ or ():
            try:
                self.visit(cell.cell_contents)
            except ValueError:  # a variable that is not bound yet
                continue
        self._all(tuple(function.__defaults__ or ()))
        if function.__module__.startswith("shaketable."):
            return  # it only carries what it drives; what it calls itself is the harness
        names = _names(function.__code__)
        for name in names:
            named = function.__globals__.get(name)
            if isinstance(named, (FunctionType, type, ModuleType, functools.partial)):
                self.visit(named)
            if isinstance(named, ModuleType):
                self._all(tuple(vars(named)[n] for n in names if n in vars(named)))

    def _class(self, cls: type) -> None:
        if self._own(cls.__module__) and not cls.__module__.startswith("shaketable."):
            self._all(cls.__bases__)
            self._all(tuple(m for m in vars(cls).values() if isinstance(m, FunctionType)))

    def _own(self, module_name: str) -> bool:
        """Note the module's file, and tell whether its code is to be followed."""
        top = module_name.partition(".")[0]
        if top in _OURS or top in sys.stdlib_module_names:
            return top == "shaketable"  # an adapter of ours leads on to the code it drives
        file = getattr(sys.modules.get(module_name), "__file__", None)
        if not file or not file.endswith(".py"):
            return False
        self.files[module_name] = Path(file)
        return "site-packages" not in Path(file).parts


def _names(code: CodeType) -> tuple[str, ...]:
    """Return every global and attribute name in the code and in the functions defined inside it."""
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names.update(dict.fromkeys(_names(constant)))
    return tuple(names)
