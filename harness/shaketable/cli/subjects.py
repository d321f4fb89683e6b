"""The subjects: shipped ones from entry points, the user's own as `package.module:factory` or as a description file."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from shaketable.cli.factory import made_by
from shaketable.descriptions.file import is_description
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
    missing: Mapping[str, str] = field(default_factory=dict)
    """Subjects that an extra would add, by name, with that extra."""

    @property
    def certifiable(self) -> tuple[Subject, ...]:
        """All subjects but the mutants, which exist to be violated."""
        return tuple(s for s in self.subjects if not s.mutant_of)

    def mutants_of(self, name: str) -> tuple[Subject, ...]:
        """Return the mutants of the subject `name`."""
        return tuple(s for s in self.subjects if s.mutant_of == name)


@cache
def shipped() -> Catalogue:
    """Read the entry points, once a process. A broken one costs only its own subjects."""
    return read(sorted(entry_points(group=GROUP), key=lambda e: e.name))


def read(points: Iterable[EntryPoint]) -> Catalogue:
    """Return the subjects behind these entry points, and a problem for each that fails.

    A module of an entry point may say what it would have besides: `missing()` gives the extra of each such subject.
    """
    subjects: list[Subject] = []
    problems: list[str] = []
    missing: dict[str, str] = {}
    for point in points:
        try:
            found = point.load()()
            missing.update(getattr(sys.modules.get(point.module), "missing", dict)())
            if not all(isinstance(s, Subject) for s in found):
                raise TypeError("it must return a list of Subject")
        except Exception as error:  # foreign code: whatever it raises, the others must stay usable
            problems.append(f"subjects of {point.name!r} ({point.value}) are missing: {_in_words(error)}")
        else:
            subjects += found
    return Catalogue(tuple(subjects), tuple(problems), missing)


@dataclass(frozen=True, slots=True)
class SelectedSubject:
    """A subject and the text by which another process loads it: a shipped name, a factory or a description file."""

    subject: Subject
    spec: str


def select(names: Sequence[str], catalogue: Catalogue | None = None) -> list[SelectedSubject]:
    """Return the subjects that these arguments mean, each once, in order. Raises UsageError for one that means none."""
    found: dict[str, SelectedSubject] = {}
    for name in names:
        for subject in _matching(name, catalogue):
            found.setdefault(
                subject.name, SelectedSubject(subject, name if is_user_defined(name) else subject.name)
            )
    return list(found.values())


def is_user_defined(spec: str) -> bool:
    """Tell whether `spec` means a factory or a description of the user's and not a shipped subject."""
    return ":" in spec or is_description(spec)


def load(name: str) -> Subject:
    """Return the one subject that `name` means, a shipped name or a user's; raises UsageError if it means several.

    Worker processes call this, by its path.
    """
    found = _matching(name, None)
    if len(found) != 1:
        raise UsageError(
            f"{name!r} means {len(found)} subjects; name one of {', '.join(s.name for s in found[:5])}"
        )
    return found[0]


def subject_named(name: str, given: Sequence[str] = ()) -> Subject:
    """Return the subject that a file names: one of `given` (`package.module:factory`), else a shipped one.

    A file never chooses what is imported: a name in it is only compared. Raises UsageError if no subject has it.
    """
    users = [from_spec(spec) for spec in given]
    for subject in (*users, *shipped().subjects):
        if subject.name == name:
            return subject
    if users:
        made = " and ".join(f"{spec} makes {user.name!r}" for spec, user in zip(given, users, strict=True))
        raise UsageError(f"{made}, and the file is of {name!r}")
    hint = "; for one of yours add --subject package.module:factory"
    raise UsageError(f"no subject is named {name!r}{_suggestion(name, shipped())}{hint}")


def _matching(name: str, catalogue: Catalogue | None) -> list[Subject]:
    if is_user_defined(name):
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
    pattern = name if any(c in name for c in "*?[") else f"{name.rstrip('/')}/*"
    lacking = [extra for one, extra in catalogue.missing.items() if one == name or fnmatchcase(one, pattern)]
    if lacking:
        return f" here: it comes with the extra {lacking[0]!r} of shaketable (`pip install '.[{lacking[0]}]'` in its checkout)"
    names = [s.name for s in catalogue.subjects]
    families = sorted({n.partition("/")[0] for n in names})
    close = difflib.get_close_matches(name, [*families, *names], n=3, cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    if catalogue.problems:
        return f" ({catalogue.problems[0]})"
    return "; `shaketable list` shows them all"


def from_spec(spec: str) -> Subject:
    """Return the subject of a description file or a factory. Raises UsageError, which says what is wrong with it."""
    return from_description(spec) if is_description(spec) else from_factory(spec)


def from_description(spec: str) -> Subject:
    """Read the description file `spec`. Raises UsageError; a FileFormatError names what is wrong in the file."""
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
    """Import `package.module:factory`, from the current folder first, and call it. Raises UsageError if that fails."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    subject = made_by(spec)
    if not isinstance(subject, Subject):
        raise UsageError(f"{spec} returned {type(subject).__name__}, not a shaketable.subject.Subject")
    return subject


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
