"""The pattern that a described system with roles is judged under."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.checker import Checker, judge
from shaketable.descriptions.description import Description
from shaketable.errors import FileFormatError, UnreadableValue
from shaketable.history import History
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.record_names import RecordNames
from shaketable.mapping.rules_under_mapping import judged
from shaketable.schedule import Schedule
from shaketable.subject import Pattern, Subject
from shaketable.verdict import NotClaimed
from shaketable_patterns.described import knobs, machine
from shaketable_patterns.described.calibration import misplayed
from shaketable_patterns.described.roles import mapping_of, rules_of


def pattern_with_roles(
    description: Description, source: str, others: tuple[Checker, ...], contradictions: Contradictions
) -> Pattern:
    """Return what the roles of a description claim of their patterns, beside `others` that need no role.

    Raises FileFormatError for a role that is wrong, and for a promise that is chosen and cannot be judged.
    """
    for problem in knobs.misdeclared(description):
        raise FileFormatError(f"{source}: knobs: {problem}")
    mapping = mapping_of(description, source)
    claims = judged(mapping, *rules_of(mapping))
    checkers = (*claims.checkers, *others)
    known = {promise.id: checker for checker in checkers for promise in checker.promises}
    for name in description.promises:
        if name not in known:
            raise FileFormatError(
                f"{source}: promise {name!r} is not claimed; what the roles say is enough for {', '.join(known) or 'none'}"
            )
    chosen = tuple(c for name, c in known.items() if not description.promises or name in description.promises)
    return Pattern(
        name="described",
        promises=tuple(promise for checker in chosen for promise in checker.promises),
        checkers=chosen,
        machine=lambda _: machine.machine_of(description, mapping),
        workload=lambda subject: machine.workload(subject, description, mapping),
        calibrate=lambda subject, execute: _calibrate(subject, description, mapping, execute, contradictions),
        declared_by_owner=True,
        not_claimed=claims.not_claimed,
        requires=description.requires,
        unjudged=f"{source}: its roles claim no promise"
        + "".join(f"; {_in_words(one)}" for one in claims.not_claimed[:3]),
        names_record=RecordNames(mapping),
    )


def _in_words(left: NotClaimed) -> str:
    return f"{left.promise} {left.clause} (declare {', '.join(left.missing)})"


Contradictions = Callable[[History], Sequence[str]]
"""What else of a description a calm run contradicts."""


def _calibrate(
    subject: Subject,
    description: Description,
    mapping: Mapping,
    execute: Callable[[Schedule], History],
    contradictions: Contradictions,
) -> Sequence[str]:
    history = execute(machine.workload(subject, description, mapping))
    found = [*contradictions(history), *_unreadable(subject, history)]
    try:
        return [*found, *misplayed(mapping, history)]
    except UnreadableValue:
        return found  # named already


def _unreadable(subject: Subject, history: History) -> list[str]:
    """Return a sentence for each value that is not what the mapping says: every promise that needs it would be unknown."""
    judgements = judge(subject.pattern.checkers, history, subject.profile)
    said = [
        one.reason.text for one in judgements if one.reason is not None and one.reason.kind == "unreadable"
    ]
    return list(dict.fromkeys(said))
