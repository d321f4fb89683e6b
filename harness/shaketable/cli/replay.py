"""`shaketable replay`: does the counterexample still show what its file says?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click
import msgspec

from shaketable.cli.commands import Exit
from shaketable.cli.files import schedule_from
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.output import note, show_story
from shaketable.cli.quantities import POSITIVE
from shaketable.cli.subjects import one
from shaketable.interval import wilson
from shaketable.report.data_file import sha256, write_whole
from shaketable.report.printable import printable
from shaketable.report.pytest_file import source
from shaketable.report.story.story import tell
from shaketable.runner import Outcome, execute
from shaketable.schedule import Expected, Schedule
from shaketable.subject import Subject
from shaketable.verdict import Finding
from shaketable.world import World, traits_of
from shaketable.worlds import world_for


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--times", type=POSITIVE, default=1, show_default=True, help="Run it so often.")
@click.option("--world", default="sim", show_default=True, help="Where to run it.")
@click.option(
    "--subject",
    "given",
    multiple=True,
    help="Yours, as package.module:factory or FILE.toml, if it is not shipped.",
)
@click.option("--as-test", type=click.Path(path_type=Path), help="Also write a pytest file that runs this.")
def command(file: Path, times: int, world: str, given: tuple[str, ...], as_test: Path | None) -> int:
    """Run the schedule in FILE again and tell its story.

    Exits 0 when the run shows what the file expects, 1 when it does not, 3 when the runs prove nothing. A
    schedule that expects nothing exits like certify: 0 nothing broke, 1 a promise was broken, 3 unknown.
    """
    schedule = schedule_from(file)
    subject = one(schedule.subject, given)
    where = world_for(subject, world)
    if as_test is not None:
        write_whole(as_test, source(schedule, given).encode())
        note(f"wrote {as_test}")
    with Interrupt() as interrupt:
        seen = _replay(subject, where, schedule, times, interrupt)
    return _tell(subject, schedule, seen, times, world)


@dataclass(slots=True)
class _Seen:
    """What the replays showed: which breaches, in how many of them, and of the first one everything."""

    runs: int = 0
    ways: Counter[tuple[Expected, ...]] = field(default_factory=Counter)
    shown: tuple[Finding, Outcome] | None = None
    digests: set[str] = field(default_factory=set)
    unknown: Counter[str] = field(default_factory=Counter)


def _replay(subject: Subject, world: World, schedule: Schedule, times: int, interrupt: Interrupt) -> _Seen:
    seen = _Seen()
    for _ in range(times):
        if interrupt():
            break
        try:
            outcome = execute(world, subject, schedule, trace=True)
        except KeyboardInterrupt:  # this run is given up; what was seen before counts
            break
        seen.runs += 1
        findings = outcome.findings
        wanted = [f for f in findings if _is_wanted(f, schedule.expected)]
        seen.ways[tuple(sorted({Expected(f.promise, f.anomaly) for f in wanted}, key=str))] += 1
        seen.digests.add(sha256(msgspec.json.encode(outcome.history.events)))
        if outcome.unknown and not findings:
            seen.unknown[outcome.unknown] += 1
        if wanted and seen.shown is None:
            seen.shown = wanted[0], outcome
    interrupt.calm()
    return seen


def _is_wanted(finding: Finding, expected: Expected | None) -> bool:
    return expected is None or (finding.promise, finding.anomaly) == (expected.promise, expected.anomaly)


def _tell(subject: Subject, schedule: Schedule, seen: _Seen, times: int, world: str) -> int:
    if seen.shown is not None:
        finding, outcome = seen.shown
        show_story(tell(subject, schedule, outcome.history, finding, outcome.boundaries))
    if seen.runs < times:
        note(f"interrupted after {seen.runs} of {times} replays")
    for reason, runs in sorted(seen.unknown.items()):
        note(f"{runs} of {seen.runs} replays prove nothing: {printable(reason)}")
    return _conclude(schedule.expected, seen, world)


def _conclude(expected: Expected | None, seen: _Seen, world: str) -> int:
    failed = seen.runs - seen.ways[()]
    way, same = max(((w, n) for w, n in seen.ways.items() if w), key=lambda item: item[1], default=((), 0))
    identical = ", byte-identical histories" if len(seen.digests) == 1 and seen.runs > 1 else ""
    if failed:
        broken = ", ".join(f"{e.promise} {e.anomaly}" for e in way)
        if not traits_of(world).repeatable:  # a rate is an estimate
            interval = wilson(same, seen.runs)
            identical = f", 95 % interval {interval.low:.0%} to {interval.high:.0%} on {world}"
        click.echo(f"{same} of {seen.runs} failed the same way ({printable(broken)}{identical})")
        return Exit.CERTIFIED if expected is not None else Exit.VIOLATED
    if not seen.runs or sum(seen.unknown.values()) == seen.runs:
        click.echo("unknown: no replay proves anything")
        return Exit.UNKNOWN
    if expected is None:
        click.echo(f"0 of {seen.runs} broke a promise")
        return Exit.CERTIFIED
    wanted = printable(f"{expected.promise} {expected.anomaly}")
    click.echo(f"0 of {seen.runs} failed: {wanted} was expected and did not appear")
    return Exit.VIOLATED
