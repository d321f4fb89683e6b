"""Which subjects there are: shipped ones through an entry point, yours as `package.module:factory` or a description."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from shaketable.descriptions.file import is_description
from shaketable.entry_point import NoSuchFunction, load_function
from shaketable.errors import UsageError
from shaketable.subject import Subject

GROUP = "shaketable.subjects"
DESCRIPTIONS = "shaketable.descriptions"
"""The entry point that makes a subject of a description file: a function of its path."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every shipped subject, and a line for each source of subjects that could not be read."""

    subjects: tuple[Subject, ...]
    problems: tuple[str, ...] = ()

    @property
    def certifiable(self) -> tuple[Subject, ...]:
        """All but the mutants, which exist to be violated."""
        return tuple(s for s in self.subjects if not s.mutant_of)

    def mutants_of(self, name: str) -> tuple[Subject, ...]:
        return tuple(s for s in self.subjects if s.mutant_of == name)


@cache
def shipped() -> Catalogue:
    """Read the entry points once. One that is broken costs its own subjects, nobody else's."""
    return read(sorted(entry_points(group=GROUP), key=lambda e: e.name))


def read(points: Iterable[EntryPoint]) -> Catalogue:
    """The subjects behind these entry points."""
    subjects: list[Subject] = []
    problems: list[str] = []
    for point in points:
        try:
            found = point.load()()
            if not all(isinstance(s, Subject) for s in found):
                raise TypeError("it must return a list of Subject")
        except Exception as error:  # a stranger's package: whatever it does, the others must stay usable
            problems.append(f"subjects of {point.name!r} ({point.value}) are missing: {_said(error)}")
        else:
            subjects += found
    return Catalogue(tuple(subjects), tuple(problems))


@dataclass(frozen=True, slots=True)
class Chosen:
    """A subject and how another process finds it: its shipped name, its factory or its description."""

    subject: Subject
    spec: str


def named(names: Sequence[str], catalogue: Catalogue | None = None) -> list[Chosen]:
    """The subjects these arguments mean, each once, in order. UsageError for a name that means none."""
    found: dict[str, Chosen] = {}
    for name in names:
        for subject in _meant(name, catalogue):
            found.setdefault(subject.name, Chosen(subject, name if is_yours(name) else subject.name))
    return list(found.values())


def is_yours(spec: str) -> bool:
    """Whether `spec` means a factory or a description of the user's, and no shipped name."""
    return ":" in spec or is_description(spec)


def load(name: str) -> Subject:
    """The one subject that `name` means, for a worker process: a shipped name or `package.module:factory`."""
    found = _meant(name, None)
    if len(found) != 1:
        raise UsageError(
            f"{name!r} means {len(found)} subjects; name one of {', '.join(s.name for s in found[:5])}"
        )
    return found[0]


def one(name: str, given: Sequence[str] = ()) -> Subject:
    """The subject a file names: among `given` (`package.module:factory`), else a shipped one.

    A file never chooses what is imported, so a name in it is only ever compared.
    """
    yours = [from_spec(spec) for spec in given]
    for subject in (*yours, *shipped().subjects):
        if subject.name == name:
            return subject
    hint = "" if yours else "; for one of yours add --subject package.module:factory"
    raise UsageError(f"no subject is named {name!r}{_suggestion(name, shipped())}{hint}")


def _meant(name: str, catalogue: Catalogue | None) -> list[Subject]:
    if is_yours(name):
        return [from_spec(name)]
    known = shipped() if catalogue is None else catalogue
    exact = [s for s in known.subjects if s.name == name]
    if exact:
        return exact
    is_glob = any(c in name for c in "*?[")
    pattern = name if is_glob else f"{name.rstrip('/')}/*"
    family = [s for s in known.certifiable if fnmatchcase(s.name, pattern)]
    if not family and is_glob:
        family = [s for s in known.subjects if fnmatchcase(s.name, pattern)]
    if not family:
        raise UsageError(f"no subject is named {name!r}{_suggestion(name, known)}")
    return family


def _suggestion(name: str, catalogue: Catalogue) -> str:
    names = [s.name for s in catalogue.subjects]
    families = sorted({n.partition("/")[0] for n in names})
    close = difflib.get_close_matches(name, [*families, *names], n=3, cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    if catalogue.problems:
        return f" ({catalogue.problems[0]})"
    return "; `shaketable list` shows them all"


def from_spec(spec: str) -> Subject:
    """The subject behind a description file or a factory; UsageError says what is wrong with it."""
    return from_description(spec) if is_description(spec) else from_factory(spec)


def from_description(spec: str) -> Subject:
    """Read the description file `spec`. UsageError (a FileFormatError) names what is wrong with it."""
    points = sorted(entry_points(group=DESCRIPTIONS), key=lambda e: e.name)
    if not points:
        raise UsageError(f"{spec} cannot be read: nothing installed here makes a subject of a description")
    subject = points[0].load()(Path(spec))
    if not isinstance(subject, Subject):
        raise UsageError(
            f"{points[0].value} returned {type(subject).__name__}, not a shaketable.subject.Subject"
        )
    return subject


def from_factory(spec: str) -> Subject:
    """Import `package.module:factory` (the current folder comes first) and call it; UsageError says what fails."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        subject = load_function(spec)()
    except UsageError:
        raise
    except NoSuchFunction as error:
        raise UsageError(f"{spec}: {error}") from None
    except Exception as error:  # a user's module: what it raises is told, not thrown at him
        raise UsageError(f"{spec} cannot be used: {_said(error)}") from error
    if not isinstance(subject, Subject):
        raise UsageError(f"{spec} returned {type(subject).__name__}, not a shaketable.subject.Subject")
    return subject


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
