"""`shaketable shrink`: the shortest schedule that still shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from harness.cli.catalogue import one
from harness.cli.commands import Exit
from harness.cli.files import schedule_from
from harness.cli.interrupt import Interrupt
from harness.cli.output import note, show_story
from harness.cli.quantities import POSITIVE
from harness.explore.robust import shrink_robustly
from harness.explore.shrink import Limits, Shrunk
from harness.report.data_file import write_whole
from harness.report.story import tell
from harness.runner import Outcome, execute
from harness.schedule import Expected, Schedule, dumps
from harness.subject import Subject
from harness.verdict import Finding
from harness.world import World
from harness.worlds import world_for


@click.command("shrink")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write it (default: FILE with .min.json)."
)
@click.option("--world", default="sim", show_default=True, help="Where to run it.")
@click.option(
    "--subject",
    "given",
    multiple=True,
    help="Yours, as package.module:factory or FILE.toml, if it is not shipped.",
)
@click.option("--executions", type=POSITIVE, default=1_000, show_default=True, help="Runs to spend at most.")
def command(file: Path, out: Path | None, world: str, given: tuple[str, ...], executions: int) -> int:
    """Shrink the schedule in FILE to the shortest one that shows the same anomaly.

    Exits 0 when it was written, 1 when FILE does not show what it expects, 3 when stopped before it was minimal.
    """
    schedule = schedule_from(file)
    subject = one(schedule.subject, given)
    where = world_for(subject, world)
    target = _target(subject, where, schedule)
    if target is None:
        click.echo("nothing to shrink: the anomaly does not appear")
        return Exit.VIOLATED
    schedule = msgspec.structs.replace(schedule, expected=target)
    with Interrupt() as interrupt:
        shrunk, spent = _shrunk(subject, where, schedule, target, executions, interrupt)
    written = out if out is not None else file.with_name(f"{file.name.removesuffix('.json')}.min.json")
    write_whole(written, dumps(shrunk.schedule))
    _show(subject, where, shrunk.schedule, target)
    click.echo(
        f"{len(schedule.steps)} steps to {len(shrunk.schedule.steps)} in {spent} executions: {written}"
    )
    if not shrunk.holds:
        note(
            f"it hangs on exact timing: it shows under {shrunk.timings_shown} of {shrunk.timings} drawn timings"
        )
    if not shrunk.minimal:
        note(f"it may not be minimal: {shrunk.reason}")
    return Exit.CERTIFIED if shrunk.minimal else Exit.UNKNOWN


def _target(subject: Subject, world: World, schedule: Schedule) -> Expected | None:
    """The anomaly to keep: the one expected if it shows; without an expectation the first that does."""
    found = _findings(execute(world, subject, schedule))
    if schedule.expected is None:
        return Expected(found[0].promise, found[0].anomaly) if found else None
    return schedule.expected if any(_is(f, schedule.expected) for f in found) else None


def _shrunk(
    subject: Subject,
    world: World,
    schedule: Schedule,
    target: Expected,
    executions: int,
    stop: Callable[[], bool],
) -> tuple[Shrunk, int]:
    """The result and what it took; once the executions are spent, trying other timings ends too."""
    spent = 0

    def shows(candidate: Schedule) -> bool:
        nonlocal spent
        spent += 1
        return execute(world, subject, candidate).shows(target.promise, target.anomaly)

    limits = Limits(executions, lambda: spent >= executions or stop())
    return shrink_robustly(subject, world, schedule, shows, limits), spent


def _show(subject: Subject, world: World, schedule: Schedule, target: Expected) -> None:
    outcome = execute(world, subject, schedule, trace=True)
    shown = next((f for f in _findings(outcome) if _is(f, target)), None)
    if shown is not None:
        show_story(tell(subject, schedule, outcome.history, shown, outcome.boundaries))


def _findings(outcome: Outcome) -> list[Finding]:
    return [f for j in outcome.judgements for f in j.findings]


def _is(finding: Finding, target: Expected) -> bool:
    return (finding.promise, finding.anomaly) == (target.promise, target.anomaly)
