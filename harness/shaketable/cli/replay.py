"""`shaketable replay`: run a schedule again, and compare with the anomaly that its file expects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click
import msgspec

from shaketable.cli.commands import Exit
from shaketable.cli.interrupt import Interrupt, hang_s
from shaketable.cli.options import POSITIVE, subject_option, world_option
from shaketable.cli.output import note, note_bare_intervals, show_story
from shaketable.cli.subjects import subject_named
from shaketable.confidence_interval import wilson
from shaketable.errors import HarnessError, UsageError
from shaketable.explore.judge.calibration import require_promises
from shaketable.explore.shrink.order_holds import as_holds
from shaketable.explore.shrink.real_shrinker import can_be_simulated
from shaketable.orders.deviation import Deviation
from shaketable.report import schedule_file
from shaketable.report.data_file import sha256, write_whole
from shaketable.report.printable import clipped, printable
from shaketable.report.pytest_file import source
from shaketable.report.story.fault_words import late_words
from shaketable.report.story.story import story_of
from shaketable.runner import Outcome, execute
from shaketable.schedule import Expected, Schedule
from shaketable.subject import Subject
from shaketable.verdict import Finding
from shaketable.world import OrderedWorld, World
from shaketable.world_choice import world_for
from shaketable.world_traits import traits_of

_WORDS_MAX = 300


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--times", type=POSITIVE, default=1, show_default=True, help="Run it this many times.")
@world_option
@subject_option
@click.option(
    "--as-test", type=click.Path(path_type=Path), help="Also write a pytest file that runs the schedule."
)
def command(file: Path, times: int, world: str, given: tuple[str, ...], as_test: Path | None) -> int:
    """Run the schedule in FILE again and print its story.

    Exits 0 when the run shows what the file expects, 1 when it does not, 3 when the runs prove nothing. A
    schedule that expects nothing exits like certify: 0 nothing broke, 1 a promise was broken, 3 unknown.
    """
    schedule = schedule_file.load(file)
    subject = subject_named(schedule.subject, given)
    require_promises(subject)
    note_bare_intervals(subject, world)
    where = world_for(subject, world)
    if as_test is not None:
        write_whole(as_test, source(schedule, given).encode())
        note(f"wrote {as_test}")
    schedule = _ordered_by_holds(subject, where, schedule)
    with Interrupt() as interrupt, interrupt.watching(subject.name, hang_s(where)):
        replays = _replay(subject, where, schedule, times, interrupt)
    return _report(subject, schedule, replays, times, world)


def _ordered_by_holds(subject: Subject, world: World, schedule: Schedule) -> Schedule:
    """Return the schedule with holds instead of deviations for a world that decides no orders, if holds can make its order."""
    if not schedule.deviations or isinstance(world, OrderedWorld):
        return schedule
    rehearsal = world_for(subject)
    if not isinstance(rehearsal, OrderedWorld) or not can_be_simulated(subject):
        return schedule

    def shows(candidate: Schedule) -> bool:
        return any(
            _is_wanted(finding, schedule.expected)
            for finding in execute(rehearsal, subject, candidate).findings
        )

    held = as_holds(schedule, shows)
    if held is None:
        note("its order cannot be made by holds: the simulated world shows nothing by them")
        return schedule
    count = len(schedule.deviations)
    holds = "one hold makes" if count == 1 else f"{count} holds make"
    note(
        f"the world {world.name} decides no orders: {holds} this one "
        f"(so it shows in the simulated world under {held.timings_shown} of {held.timings} timings)"
    )
    return held.schedule


@dataclass(slots=True)
class _Replays:
    """The outcomes of the replays: how often each set of breaches showed, and the first run that showed one."""

    runs: int = 0
    ways: Counter[tuple[Expected, ...]] = field(default_factory=Counter)
    first: tuple[Finding, Outcome] | None = None
    digests: set[str] = field(default_factory=set)
    """Of the histories."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Runs that prove nothing, by the reason."""
    idle: tuple[Deviation, ...] = ()
    """Deviations that nothing obeyed: what they name did not come, or came in time."""


def _replay(subject: Subject, world: World, schedule: Schedule, times: int, interrupt: Interrupt) -> _Replays:
    replays = _Replays()
    for _ in range(times):
        if interrupt():
            break
        try:
            outcome = execute(world, subject, schedule, trace=True)
        except KeyboardInterrupt:  # this run is abandoned; those before it count
            break
        except HarnessError:
            raise
        except Exception as error:  # a file may ask for what no client or fault of the subject was made for
            raise UsageError(
                f"the schedule cannot be run on {subject.name}: {type(error).__name__}: {error}"
            ) from error
        replays.runs += 1
        if isinstance(world, OrderedWorld):
            replays.idle = outcome.idle_deviations(schedule)
        findings = outcome.findings
        wanted = [f for f in findings if _is_wanted(f, schedule.expected)]
        replays.ways[tuple(sorted({Expected(f.promise, f.anomaly) for f in wanted}, key=str))] += 1
        replays.digests.add(sha256(msgspec.json.encode(outcome.history.events)))
        if outcome.unknown and not findings:
            replays.unknown[outcome.unknown] += 1
        if wanted and replays.first is None:
            replays.first = wanted[0], outcome
    interrupt.cancel_deadline()
    return replays


def _is_wanted(finding: Finding, expected: Expected | None) -> bool:
    return expected is None or (finding.promise, finding.anomaly) == (expected.promise, expected.anomaly)


def _report(subject: Subject, schedule: Schedule, replays: _Replays, times: int, world: str) -> Exit:
    """Print the story, what was left undone or unknown, and the conclusion; return the exit code."""
    if replays.idle:
        first = clipped(late_words(replays.idle[0]), _WORDS_MAX)
        count, idle = len(schedule.deviations or ()), set(replays.idle)
        note(f"{len(replays.idle)} of {count} deviations changed nothing, the first: {first}")
        schedule = schedule.with_deviations([d for d in schedule.deviations or () if d not in idle])
    if replays.first is not None:
        finding, outcome = replays.first
        show_story(story_of(subject, schedule, outcome.history, finding, outcome.boundaries))
    if replays.runs < times:
        note(f"interrupted after {replays.runs} of {times} replays")
    for reason, runs in sorted(replays.unknown.items()):
        note(f"{runs} of {replays.runs} replays prove nothing: {printable(reason)}")
    return _conclude(schedule.expected, replays, world)


def _conclude(expected: Expected | None, replays: _Replays, world: str) -> Exit:
    runs, ways = replays.runs, replays.ways
    failed = runs - ways[()]
    way, same = max(((w, n) for w, n in ways.items() if w), key=lambda item: item[1], default=((), 0))
    detail = ", byte-identical histories" if len(replays.digests) == 1 and runs > 1 else ""
    if failed:
        broken = ", ".join(f"{e.promise} {e.anomaly}" for e in way)
        if not traits_of(world).repeatable:  # a rate is an estimate
            interval = wilson(same, runs)
            detail = f", 95 % interval {interval.low:.0%} to {interval.high:.0%} on {world}"
        click.echo(f"{same} of {runs} failed the same way ({printable(broken)}{detail})")
        return Exit.CERTIFIED if expected is not None else Exit.VIOLATED
    if not runs or sum(replays.unknown.values()) == runs:
        click.echo("unknown: no replay proves anything")
        return Exit.UNKNOWN
    if expected is None:
        click.echo(f"0 of {runs} broke a promise")
        return Exit.CERTIFIED
    wanted = printable(f"{expected.promise} {expected.anomaly}")
    click.echo(f"0 of {runs} failed: {wanted} was expected and did not appear")
    return Exit.VIOLATED
