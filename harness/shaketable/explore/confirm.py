"""The confirmation of a counterexample on another world: how often it shows there, and what may be concluded."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.certificate import Confirmation
from shaketable.errors import UsageError
from shaketable.explore.budget import never_stop
from shaketable.runner import Outcome, execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import LimitedWorld, World


def confirm(
    world: World,
    subject: Subject,
    schedule: Schedule,
    *,
    times: int,
    unlikely: str = "",
    stop: Callable[[], bool] = never_stop,
) -> Confirmation:
    """Replay `schedule` `times` times on `world`.

    Confirmed: it showed the expected anomaly at least once; the rate says how reliably. Refuted: it never showed,
    although every run could have shown it. Unknown otherwise: a run proves nothing if its faults did not land, if
    the world cannot show such a thing, or if it is `unlikely` to show there, for the reason given.
    `stop` is asked before each run; once True, or when a run in progress is given up for it, the runs so far count.
    UsageError when the schedule expects nothing.
    """
    expected = schedule.expected
    if expected is None:
        raise UsageError("this schedule does not say what it is expected to show")
    shown_runs = void_runs = runs = 0
    reason = ""
    for run in range(1, times + 1):
        try:
            if stop():
                break
            outcome = execute(world, subject, schedule)
        except KeyboardInterrupt:
            if not stop():
                raise
            break
        runs = run
        shown = outcome.shows(expected.promise, expected.anomaly)
        shown_runs += shown
        void = outcome.unknown or unlikely or _cannot_show(world, subject, outcome)
        if not shown and void:
            void_runs += 1
            reason = void
    if shown_runs:
        return Confirmation(world.name, shown_runs, runs, "confirmed")
    if runs < times:
        return Confirmation(world.name, 0, runs, "unknown", f"interrupted after {runs} of {times} runs")
    if void_runs:
        return Confirmation(world.name, 0, times, "unknown", f"{void_runs} of {times} runs: {reason}")
    return Confirmation(world.name, 0, times, "refuted", "every fault landed and it never showed")


def _cannot_show(world: World, subject: Subject, outcome: Outcome) -> str:
    return world.cannot_show(subject, outcome.history) if isinstance(world, LimitedWorld) else ""
