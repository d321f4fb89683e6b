"""A description without roles as a pattern: the promises in terms of what it observes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.checker import Checker
from shaketable.descriptions.description import Description
from shaketable.errors import FileFormatError
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Schedule
from shaketable.subject import Pattern, Subject
from shaketable_patterns.black_box import machine
from shaketable_patterns.black_box.calibration import contradictions
from shaketable_patterns.black_box.checkers import (
    CLOCKS_AGREE_TO_MS,
    Announced,
    AnswersHold,
    NothingElse,
    OneId,
)
from shaketable_patterns.black_box.promises import ANSWERS_HOLD

CLOCKS_MS = 200
"""In milliseconds of the description: a broker's stamps are whole real milliseconds, and a world may run 20 times
faster."""


def pattern_of(description: Description, source: str = "the description") -> Pattern:
    """Return the promises that the description names (by default all that it says enough for), and how to try them.

    Without any it can be run, and not judged. Raises FileFormatError for a promise that cannot be judged by it.
    """
    checkers = checkers_of(description)
    known = {checker.promises[0].id: checker for checker in checkers}
    for name in description.promises:
        if name not in known:
            raise FileFormatError(
                f"{source}: promise {name!r} cannot be judged here; what it says is enough for "
                f"{', '.join(known) or 'none'}"
            )
    chosen = [c for name, c in known.items() if not description.promises or name in description.promises]
    return Pattern(
        name="black-box",
        promises=tuple(checker.promises[0] for checker in chosen),
        checkers=tuple(chosen),
        machine=lambda _: machine.machine_of(description),
        workload=lambda subject: machine.workload(subject, description),
        calibrate=lambda subject, execute: calibrate(subject, description, execute),
        unjudged=f"{source}: it observes nothing, so there is no promise to judge: say what an op `leaves`, what to `observe`, "
        "or who plays which role (`[[roles]]`, version 2)",
        declared_by_owner=True,
    )


def profile_of(description: Description) -> Profile:
    """Return the intervals that it declares."""
    times = description.times
    return Profile(
        description.name,
        {
            "quiet_ms": times.quiet_ms,
            "bound_ms": times.bound_ms,
            "io_timeout_ms": times.io_timeout_ms,
            CLOCKS_AGREE_TO_MS: CLOCKS_MS,
            **description.knobs,
        },
    )


def calibrate(
    subject: Subject, description: Description, execute: Callable[[Schedule], History]
) -> Sequence[str]:
    """Run the workload without faults: ops are answered ok, and leave and announce what the description says."""
    history = execute(machine.workload(subject, description))
    judged = any(promise.id == ANSWERS_HOLD.id for promise in subject.pattern.promises)
    return contradictions(description, history, answers_are_judged=judged)


def checkers_of(description: Description) -> tuple[Checker, ...]:
    """Return a checker for each promise that the description says enough for."""
    observed = description.observe
    leaves = {op.name: op.leaves for op in description.ops if op.leaves is not None}
    found: list[Checker] = []
    if observed:
        found += [Announced(observed), NothingElse(observed)]
    if any(one.event_id for one in observed):
        found.append(OneId(observed))
    if leaves:
        found.append(AnswersHold(leaves))
    return tuple(found)
