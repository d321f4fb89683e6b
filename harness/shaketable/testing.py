"""The functions of a user's test: certify a subject in one line, run a stored schedule again.

Everything heavy is imported when it is used, so that an installed shaketable costs other tests nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shaketable.history import History, Json
    from shaketable.schedule import Schedule
    from shaketable.subject import Subject
    from shaketable.verdict import Judgement

Profile = Literal["dev", "ci", "soak"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The amount that `certify` tries, and a schedule that it runs instead of searching, if one is given.

    `tell` says why the process ends, if the subject can be ended by nothing else.
    """

    profile: Profile = "dev"
    replay: Path | None = None
    tell: Callable[[str], None] | None = None


class StaleSchedule(AssertionError):
    """A stored schedule proves nothing any more, in one line: its test must not pass for the wrong reason."""


_choice: ContextVar[Choice | None] = ContextVar("shaketable_choice", default=None)


def choose(choice: Choice | None) -> Choice | None:
    """Let `certify` do as the command line says, and return what was chosen before: the pytest plugin calls this."""
    before = _choice.get()
    _choice.set(choice)
    return before


def certify(
    subject: Subject,
    *,
    runs: int | None = None,
    seed: int = 0,
    world: str = "sim",
    allow_unknown: Sequence[str] = (),
) -> None:
    """Search for a broken promise of `subject`; under pytest a failure tells its story.

    What the profile of the subject documents, or its `expects` says, does not fail; what is expected must be found.

    `runs` defaults to the profile's: dev 100, ci 500, soak 5,000. `world` is "sim", "processes" or "containers". Raises
    PromiseBroken (an AssertionError) with the shortest story, or NotCertified when something could not be judged:
    calibration disagrees, or a promise was never exercised whose id is not in `allow_unknown`. Raises UsageError when
    the world lacks something on this machine or cannot run this subject.
    """
    __tracebackhide__ = True
    from shaketable.components.scheduling.watchdog import tell_by
    from shaketable.errors import UsageError
    from shaketable.explore.check import NotCertified, PromiseBroken, check
    from shaketable.explore.generate.hypothesis_settings import RUNS, search_settings
    from shaketable.explore.shrink.real_shrinker import can_be_simulated
    from shaketable.world_choice import world_for
    from shaketable.world_traits import traits_of

    choice = _choice.get() or Choice()
    if choice.tell is not None:
        tell_by(choice.tell)
    if choice.replay is not None:
        _replay_instead(choice.replay, subject, world)
        return
    limits = search_settings(RUNS[choice.profile] if runs is None else runs)
    rehearsed = traits_of(world).has_servers and can_be_simulated(subject)
    try:
        check(
            subject,
            world_for(subject, world),
            settings=limits,
            seed=seed,
            allow_unknown=tuple(allow_unknown),
            rehearsal=world_for(subject) if rehearsed else None,
            excuses_expected=True,
        )
    except (PromiseBroken, NotCertified, UsageError) as error:
        raise error.with_traceback(None) from None  # the frames of the harness explain nothing


def replay(schedule: Schedule, subject: Subject, *, world: str = "sim") -> None:
    """Run `schedule`. Raises PromiseBroken if it shows the breach it expects, or any breach if it expects none.

    Raises StaleSchedule (an AssertionError) when the run proves nothing: its fault or order no longer comes about, no op completed, or the
    subject's pattern knows no such breach.
    """
    __tracebackhide__ = True
    from shaketable.errors import UsageError
    from shaketable.explore.check import PromiseBroken
    from shaketable.explore.judge.calibration import require_promises
    from shaketable.report.printable import printable
    from shaketable.runner import execute
    from shaketable.world import OrderedWorld
    from shaketable.world_choice import world_for

    require_promises(subject)
    expected = schedule.expected
    if expected is not None and not _is_known(expected.promise, expected.anomaly, subject):
        raise StaleSchedule(
            f"{subject.name}: the schedule expects {expected.promise} {expected.anomaly}, which its pattern does not know; "
            "it tests nothing: find the breach again, or remove the test"
        )
    try:
        made = world_for(subject, world)
        outcome = execute(made, subject, schedule, trace=True)
    except UsageError as error:
        raise error.with_traceback(None) from None  # the frames of the harness explain nothing
    for finding in outcome.findings:
        if expected is None or (finding.promise, finding.anomaly) == (expected.promise, expected.anomaly):
            raise PromiseBroken(subject, finding, schedule, outcome.history, found=schedule, executions=1)
    missed = _missed(outcome.history) if expected is not None or outcome.reason is not None else ""
    if missed:
        raise StaleSchedule(
            f"{subject.name}: the schedule's fault never landed: {missed}; the test would pass for that reason alone "
            "(`shaketable boundaries` lists where faults can land now)"
        )
    idle = outcome.idle_deviations(schedule) if isinstance(made, OrderedWorld) else ()
    if idle and len(idle) == len(schedule.deviations or ()):
        raise StaleSchedule(
            f"{subject.name}: no deviation of the schedule changes the order any more, the first at {printable(idle[0].at)}; the "
            "test would pass for that reason alone (`shaketable boundaries` lists the messages that there are now)"
        )
    if outcome.reason is not None:
        raise StaleSchedule(f"{subject.name}: the run of the schedule proves nothing: {outcome.unknown}")
    if unjudged := [j.unknown for j in outcome.judgements if _could_not_judge(j, schedule)]:
        raise StaleSchedule(f"{subject.name}: the run of the schedule was not judged: {unjudged[0]}")


def _is_known(promise: str, anomaly: str, subject: Subject) -> bool:
    return any(p.id == promise and anomaly in p.anomalies for p in subject.pattern.promises)


def _missed(history: History) -> str:
    """Return the first fault that left no receipt, in words; "" if each landed."""
    landed = {event.ref for event in history if event.kind == "receipt"}
    missed = (event for event in history if event.kind == "fault" and event.index not in landed)
    return next((f"{event.name} at {_place_of(event.value, event.process)}" for event in missed), "")


def _place_of(fault: Json, process: str) -> str:
    from shaketable.report.printable import printable, short

    at = fault.get("at") or fault.get("point") if isinstance(fault, dict) else None
    return printable(at) if isinstance(at, str) else f"{printable(process)} ({short(fault)})"


def _could_not_judge(judgement: Judgement, schedule: Schedule) -> bool:
    expected = schedule.expected
    failed = judgement.reason is not None and judgement.reason.kind == "checker-failed"
    return failed and (expected is None or expected.promise == judgement.promise)


def subject_named(name: str, *factories: str) -> Subject:
    """Return the subject called `name`: one of `factories` (`package.module:factory`), else a shipped one.

    Raises UsageError when there is none of that name, or a factory cannot be used.
    """
    from shaketable.cli import subjects

    return subjects.subject_named(name, factories)


def _replay_instead(file: Path, subject: Subject, world: str) -> None:
    __tracebackhide__ = True
    import pytest

    from shaketable.errors import UsageError
    from shaketable.report.schedule_file import load

    try:
        schedule = load(file)
    except UsageError as error:
        pytest.fail(f"--shaketable-replay: {error}", pytrace=False)
    if schedule.subject != subject.name:
        pytest.skip(f"{file} is a schedule for {schedule.subject}, not for {subject.name}")
    replay(schedule, subject, world=world)
