"""A description file as a subject: its system, judged by the roles it declares, or as a black box without any."""

from __future__ import annotations

from pathlib import Path

from shaketable.descriptions.description import Description
from shaketable.descriptions.file import read
from shaketable.descriptions.system import system_of
from shaketable.errors import FileFormatError
from shaketable.real.servers.registry import servers
from shaketable.subject import Pattern, Subject
from shaketable_patterns.black_box.calibration import contradictions
from shaketable_patterns.black_box.pattern import checkers_of, pattern_of, profile_of
from shaketable_patterns.black_box.promises import ANSWERS_HOLD
from shaketable_patterns.described.knobs import misdeclared
from shaketable_patterns.described.pattern import pattern_with_roles


def subject_from(path: Path) -> Subject:
    """Return the subject that the description in `path` describes. FileFormatError when it cannot be used."""
    description, source = read(path, servers())
    named = str(path)
    return Subject(
        name=description.name,
        pattern=_with_roles(description, named) if description.roles else _without_roles(description, named),
        profile=profile_of(description),
        target=system_of(description, source, path.resolve().parent),
        summary=description.summary,
    )


def _without_roles(description: Description, source: str) -> Pattern:
    for problem in misdeclared(description):
        raise FileFormatError(f"{source}: knobs: {problem}")
    return pattern_of(description, source)


def _with_roles(description: Description, source: str) -> Pattern:
    checkers = checkers_of(description)
    judged = any(promise.id == ANSWERS_HOLD.id for checker in checkers for promise in checker.promises)
    return pattern_with_roles(
        description,
        source,
        checkers,
        lambda history: contradictions(description, history, answers_are_judged=judged),
    )
