"""A counterexample on another world: how often it shows the same there, and what may be concluded."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.certificate import Confirmation
from shaketable.errors import UsageError
from shaketable.runner import Outcome, execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import DoubtfulWorld, World


def _never() -> bool:
    return False


def confirm(
    world: World,
    subject: Subject,
    schedule: Schedule,
    *,
    times: int,
    doubt: str = "",
    told: Callable[[int, bool, str], None] = lambda *_: None,
    stop: Callable[[], bool] = _never,
) -> Confirmation:
    """Replay `schedule` `times` times on `world`.

    Confirmed: it showed the expected anomaly at least once; the rate says how reliably. Refuted: every run was
    evidence (its faults landed) and none showed it. Unknown otherwise: what did not happen proves nothing, nor does it
    where the world has its doubts, or the caller for the reason `doubt`.
    `told(run, shown, unknown)` hears of each. `stop` is asked before each; once True, or when a run in progress is
    given up for it, what was seen so far counts. UsageError when the schedule expects nothing.
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
        void = outcome.unknown or doubt or _doubt(world, subject, outcome)
        if not shown and void:
            void_runs += 1
            reason = void
        told(run, shown, outcome.unknown)
    if shown_runs:
        return Confirmation(world.name, shown_runs, runs, "confirmed")
    if runs < times:
        return Confirmation(world.name, 0, runs, "unknown", f"interrupted after {runs} of {times} runs")
    if void_runs:
        return Confirmation(world.name, 0, times, "unknown", f"{void_runs} of {times} runs: {reason}")
    return Confirmation(world.name, 0, times, "refuted", "every fault landed and it never showed")


def _doubt(world: World, subject: Subject, outcome: Outcome) -> str:
    return world.doubt(subject, outcome.history) if isinstance(world, DoubtfulWorld) else ""
