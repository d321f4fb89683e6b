"""The digest of a subject: one hash over the source of all that it consists of, so that a certificate names its code.

It is the same for an editable install and for one from a wheel: names are modules', and only contents count.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType

from shaketable.explore.judge.subject_modules import JUDGES, OwnModules, file_of
from shaketable.subject import Component, Subject, System


def digest(subject: Subject) -> str:
    """Return the sha256, in hex, over names and contents of `sources`. Names are modules', so the folder does not matter."""
    return _hash(sources(subject))


def sources(subject: Subject) -> dict[str, bytes]:
    """Return the source by module name of every own module that the subject's factories reach.

    That is what the factories carry and name, the entries that real worlds start, and what the modules of those import, as
    far as it is of the subject's own distribution: neither Python, nor the judge, nor other libraries (`libraries` names those). Of a black box: its
    description, and each word of its command that is a file: the program, a script, an archive. Files that those load are
    not followed, and of an image only the name is known.
    """
    modules = _modules(subject)
    entries = OwnModules(
        modules.own_distributions
    )  # on their own: what their libraries are depends on the world
    for entry in subject.target.entries if isinstance(subject.target, System) else ():
        entries.add(entry.partition(":")[0])
    files = entries.files | modules.files
    return {name: path.read_bytes() for name, path in files.items()} | _described(subject.target)


def libraries(subject: Subject) -> tuple[str, ...]:
    """Return the distributions that the subject's own modules import, as `name==version`, sorted."""
    return _modules(subject).libraries


@functools.cache
def judge_digest() -> str:
    """Return the sha256, in hex, over the source of the judge: the harness and the shipped patterns."""
    files: dict[str, bytes] = {}
    for package in sorted(JUDGES):
        init = file_of(package)
        if init is not None:
            found = init.parent.rglob("*.py")
            files |= {
                f"{package}/{path.relative_to(init.parent).as_posix()}": path.read_bytes() for path in found
            }
    return _hash(files)


def _hash(files: dict[str, bytes]) -> str:
    total = hashlib.sha256()
    for name, source in sorted(files.items()):
        total.update(f"{name} {hashlib.sha256(source).hexdigest()}\n".encode())
    return total.hexdigest()


def _modules(subject: Subject) -> OwnModules:
    """Walk until it is settled whose modules are the subject's own: what a factory carries may show it late."""
    modules = OwnModules()
    while True:
        walk = _Walk(OwnModules(modules.own_distributions))
        walk.carried(tuple(_factories(subject)))
        if walk.modules.own_distributions == modules.own_distributions:
            return walk.modules
        modules = walk.modules


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


def _factories(subject: Subject) -> Iterator[object]:
    target = subject.target
    if isinstance(target, Component):
        yield target.open
        return
    yield target.perform
    for part in target.parts:
        yield part.make
    for external in target.externals:
        yield external.make


class _Walk:
    """Follows functions, classes and modules by what their code names, and notes the modules."""

    def __init__(self, modules: OwnModules) -> None:
        self.modules = modules
        self._seen: list[object] = []  # keeps them alive, so that an id stays theirs
        self._ids: set[int] = set()

    def carried(self, things: tuple[object, ...]) -> None:
        """Visit what a factory carries: it is the subject, even if a library made it."""
        for thing in things:
            if isinstance(thing, (FunctionType, type)):
                self.modules.own(thing.__module__)
            elif is_dataclass(thing):
                self.modules.own(type(thing).__module__)
            self.visit(thing)

    def visit(self, thing: object) -> None:
        if id(thing) in self._ids:
            return
        self._ids.add(id(thing))
        self._seen.append(thing)
        match thing:
            case functools.partial():
                self.carried((thing.func, *thing.args, *thing.keywords.values()))
            case MethodType():
                self.carried((thing.__func__, thing.__self__))
            case FunctionType():
                self._function(thing)
            case type():
                self._class(thing)
            case ModuleType():
                self.modules.add(thing.__name__)
            case tuple() | list():
                self._all(tuple(thing))
            case dict():
                self._all(tuple(thing.values()))
            case _ if is_dataclass(thing):
                self._all((type(thing), *(getattr(thing, f.name) for f in fields(thing))))
            case _ if callable(thing):
                self.visit(type(thing))

    def _all(self, things: tuple[object, ...]) -> None:
        for thing in things:
            self.visit(thing)

    def _function(self, function: FunctionType) -> None:
        if not self.modules.add(function.__module__):
            return
        carries = function.__module__.startswith("shaketable.")
        for cell in function.__closure__ or ():
            try:
                content = cell.cell_contents
            except ValueError:  # a variable that is not bound yet
                continue
            if carries:
                self.carried((content,))
            else:
                self.visit(content)
        self._all(tuple(function.__defaults__ or ()))
        if carries:
            return  # what it calls itself is the harness
        names = _names(function.__code__)
        for name in names:
            named = function.__globals__.get(name)
            if isinstance(named, (FunctionType, type, ModuleType, functools.partial)):
                self.visit(named)
            if isinstance(named, ModuleType):
                self._all(tuple(vars(named)[n] for n in names if n in vars(named)))

    def _class(self, cls: type) -> None:
        if self.modules.add(cls.__module__) and not cls.__module__.startswith("shaketable."):
            self._all(cls.__bases__)
            self._all(tuple(m for m in vars(cls).values() if isinstance(m, FunctionType)))


def _names(code: CodeType) -> tuple[str, ...]:
    """Return every global and attribute name in the code and in the functions defined inside it."""
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names.update(dict.fromkeys(_names(constant)))
    return tuple(names)
