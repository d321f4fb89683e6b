"""`shaketable shrink`: shrink a schedule to the shortest one that still shows its anomaly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from shaketable.cli.commands import Exit
from shaketable.cli.interrupt import Interrupt, hang_s
from shaketable.cli.options import POSITIVE, subject_option, world_option
from shaketable.cli.output import note, show_story
from shaketable.cli.subjects import subject_named
from shaketable.explore.budget import Budget, Meter
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.run_source import shrinker_for
from shaketable.explore.shrink.counterexamples import CounterexampleShrinker, find
from shaketable.explore.shrink.real_shrinker import (
    REPLAYS_AT_LEAST,
    TRIES_MAX,
    RealShrinker,
    can_be_simulated,
)
from shaketable.explore.shrink.shrinker import Shrunk
from shaketable.report import schedule_file
from shaketable.report.data_file import check_can_write, write_whole
from shaketable.report.story.rate_words import rate_words
from shaketable.report.story.story import story_of
from shaketable.runner import Outcome, execute
from shaketable.schedule import Expected, Schedule, dumps
from shaketable.subject import Subject
from shaketable.verdict import Finding
from shaketable.world import World
from shaketable.world_choice import world_for
from shaketable.world_traits import traits_of


@click.command("shrink")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the result here (default: FILE with .min.json)."
)
@world_option
@subject_option
@click.option(
    "--executions", type=POSITIVE, default=1_000, show_default=True, help="Make at most this many runs."
)
def command(file: Path, out: Path | None, world: str, given: tuple[str, ...], executions: int) -> int:
    """Shrink the schedule in FILE to the shortest one that shows the same anomaly.

    An anomaly of real servers that the simulation shows too is shrunk there, and the result confirmed on the servers.

    Exits 0 when it was written, 1 when FILE does not show what it expects, 3 when stopped before it was minimal.
    """
    schedule = schedule_file.load(file)
    subject = subject_named(schedule.subject, given)
    where = world_for(subject, world)
    written = out if out is not None else file.with_name(f"{file.name.removesuffix('.json')}.min.json")
    check_can_write(written)
    with Interrupt() as interrupt, interrupt.watching(subject.name, hang_s(where)):
        found = _found(subject, where, schedule)
        if found is None:
            click.echo("nothing to shrink: the anomaly does not appear")
            return Exit.VIOLATED
        shrinking = _shrinking(subject, where, executions, interrupt)
        shrunk = _shrunk(shrinking, found, interrupt)
        write_whole(written, dumps(shrunk.schedule))
        rate = _shown_again(subject, where, shrunk.schedule, found.finding, interrupt)
    rehearsed = f", {n} of them simulated" if (n := _rehearsals(shrinking)) else ""
    click.echo(
        f"{len(schedule.steps)} steps to {len(shrunk.schedule.steps)} in {shrinking.executions} executions"
        f"{rehearsed}: {written}"
    )
    if rate and not traits_of(world).repeatable:
        click.echo(f"it showed again in {rate} runs on {world}")
    if not shrunk.holds:
        note(
            f"it hangs on exact timing: it shows under {shrunk.timings_shown} of {shrunk.timings} drawn timings"
        )
    if not shrunk.minimal:
        note(f"it may not be minimal: {shrunk.reason}")
    return Exit.CERTIFIED if shrunk.minimal else Exit.UNKNOWN


def _found(subject: Subject, world: World, schedule: Schedule) -> Found | None:
    """Run the schedule and return the expected anomaly, or the first one if none is expected; None if it does not show."""
    for _ in range(1 if world.traits.repeatable else TRIES_MAX):
        outcome = execute(world, subject, schedule)
        expected = schedule.expected
        first = next(iter(outcome.findings), None)
        shown = find(outcome, (expected.promise, expected.anomaly)) if expected else first
        if shown is not None:
            start = msgspec.structs.replace(schedule, expected=Expected(shown.promise, shown.anomaly))
            return Found(shown, 1, len(start.steps), [start], start, outcome.history)
    return None


def _shrinking(
    subject: Subject, world: World, executions: int, stop: Callable[[], bool]
) -> CounterexampleShrinker:
    """Return the shrinker for this world, with a budget of `executions` that trying other timings shares."""

    def spent() -> bool:
        return shrinking.executions >= executions or stop()

    meter = Meter(Budget(runs=1, shrink_executions=executions), lambda: 0.0, spent, 0.0)
    evidence = Evidence(subject)
    rehearsed = not world.traits.repeatable and can_be_simulated(subject)
    rehearsal = world_for(subject) if rehearsed else None
    shrinking = shrinker_for(subject, world, evidence, meter, lambda: None, rehearsal)
    return shrinking


def _shrunk(shrinking: CounterexampleShrinker, found: Found, stop: Callable[[], bool]) -> Shrunk:
    try:
        return shrinking.shortest(found)
    except KeyboardInterrupt:  # a run on real servers was abandoned
        if not stop():
            raise
        return Shrunk(found.schedule, shrinking.executions, False, "stopped before the end")


def _rehearsals(shrinking: CounterexampleShrinker) -> int:
    return shrinking.rehearsals if isinstance(shrinking, RealShrinker) else 0


def _shown_again(
    subject: Subject, world: World, schedule: Schedule, finding: Finding, stop: Callable[[], bool]
) -> str:
    """Run the result again, print its story, and return in how many runs it showed; "" when there was none."""
    repeatable = world.traits.repeatable
    runs = shown = 0
    first: tuple[Finding, Outcome] | None = None
    try:
        while runs < (1 if repeatable else REPLAYS_AT_LEAST) and (repeatable or not stop()):
            outcome = execute(world, subject, schedule, trace=True)
            again = find(outcome, (finding.promise, finding.anomaly))
            runs += 1
            shown += again is not None
            if again is not None and first is None:
                first = again, outcome
    except KeyboardInterrupt:
        if not stop():
            raise
    if first is not None:
        again, outcome = first
        show_story(story_of(subject, schedule, outcome.history, again, outcome.boundaries))
    return rate_words(shown, runs) if runs else ""
