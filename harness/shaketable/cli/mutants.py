"""`shaketable mutants`: check the checkers by trying to kill mutants."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import click
import msgspec

from shaketable.certificate import MutantResult
from shaketable.cli.commands import Exit, one_line
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.options import POSITIVE, seed_option, world_option
from shaketable.cli.output import note
from shaketable.cli.progress import Reporter
from shaketable.cli.subjects import shipped
from shaketable.errors import UsageError
from shaketable.explore.pool.independent_jobs import run_jobs
from shaketable.explore.pool.jobs import Failed, Hunt, Hunted, Loader
from shaketable.explore.pool.pool import STOPPED_WITHIN_S
from shaketable.report.printable import printable
from shaketable.subject import Subject
from shaketable.world_choice import check_world, sets_of


@click.command("mutants")
@click.argument("pattern", required=False)
@click.option(
    "--runs",
    type=POSITIVE,
    default=1_000,
    show_default=True,
    help="Give up on a mutant after this many runs.",
)
@seed_option
@world_option
@click.option(
    "--sets", type=POSITIVE, help="On a real world, use this many sets of servers, one mutant on each."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(pattern: str | None, runs: int, seed: int, world: str, sets: int | None, as_json: bool) -> int:
    """Try to kill the mutants whose name (or whose original's name) matches PATTERN; without it, all.

    Exits 0 when each is killed by a promise it names, 1 when one stays alive, 3 when interrupted.
    """
    check_world(world)
    workers = sets_of(world, sets) or None
    mutants = _matching(pattern)
    loader = Loader("shaketable.cli.subjects:load", "shaketable.world_choice:search_world_for", world)
    jobs = [Hunt(m.name, loader, runs, seed) for m in mutants]
    done: dict[str, MutantResult] = {}
    faults: list[str] = []
    with Interrupt() as interrupt, interrupt.patience(STOPPED_WITHIN_S), Reporter() as reporter:
        reporter.expect(len(jobs))
        try:
            for result in run_jobs(jobs, workers=workers, progress=reporter, stop=interrupt):
                if isinstance(result, Hunted) and not result.interrupted:
                    done[result.mutant.name] = result.mutant
                elif isinstance(result, Failed):
                    faults.append(f"{result.subject}: {result.reason}")
                reporter.finished(result)
        except KeyboardInterrupt:
            interrupt.requested = True
    _print([done[m.name] for m in mutants if m.name in done], as_json)
    return _conclude(list(done.values()), faults, len(mutants))


def _matching(pattern: str | None) -> list[Subject]:
    mutants = [s for s in shipped().subjects if s.mutant_of]
    if pattern is not None:
        mutants = [m for m in mutants if _matches(m.name, pattern) or _matches(m.mutant_of, pattern)]
    if not mutants:
        raise UsageError(f"no mutant matches {pattern!r}" if pattern else "there are no shipped mutants here")
    return mutants


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or name.startswith(f"{pattern.rstrip('/')}/")


def _print(results: Sequence[MutantResult], as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(results), indent=1).decode())
        return
    width = max((len(r.name) for r in results), default=0)
    for result in results:
        outcome = (
            f"killed by {', '.join(result.killed_by)} within {result.runs_to_kill} runs, {result.schedule_steps} steps"
            if result.runs_to_kill
            else f"ALIVE  must be killed by {', '.join(result.kills)}"
        )
        click.echo(printable(f"{result.name:<{width}}  {outcome}"))
    click.echo(f"{sum(1 for r in results if r.runs_to_kill)} of {len(results)} killed")


def _conclude(results: Sequence[MutantResult], faults: Sequence[str], wanted: int) -> Exit:
    for fault in faults:
        note(f"shaketable: harness fault: {one_line(fault)}")
    if any(not r.runs_to_kill for r in results):
        return Exit.VIOLATED
    if faults:
        return Exit.HARNESS
    if len(results) < wanted:
        note(f"interrupted: {len(results)} of {wanted} mutants were tried")
        return Exit.UNKNOWN
    return Exit.CERTIFIED
