"""`shaketable boundaries`: list the boundaries at which faults can be injected."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from shaketable.cli.commands import Exit
from shaketable.cli.interrupt import Interrupt, hang_s
from shaketable.cli.options import world_option
from shaketable.cli.output import note, note_bare_intervals
from shaketable.cli.subjects import load
from shaketable.errors import UsageError
from shaketable.history import Op
from shaketable.report.printable import clipped, printable, short
from shaketable.runner import traced
from shaketable.subject import Subject
from shaketable.world import LoggedWorld, PointWorld, World
from shaketable.world_choice import world_for

_OPS_MAX, _LOG_LINES_MAX = 5, 10
_ANSWER_WIDTH, _LINE_WIDTH = 200, 300


@click.command("boundaries")
@click.argument("subject", metavar="SUBJECT")
@world_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(subject: str, world: str, as_json: bool) -> int:
    """List the boundaries of a fault-free run of SUBJECT's workload, in order, until it is quiet.

    Each line is an address: write it as `at` in a fault of a schedule, with `leg` request (before the effect) or
    reply (after it). Sender and receiver are roles: replicas of one service are counted together. Of a component the
    fault points are listed, each once: write one as `point` in a step `at_point`.

    Exits 3 when an op of that run ended unknown or none was answered ok; prints how, and what the parts logged.
    """
    found = load(subject)
    note_bare_intervals(found, world)
    where = world_for(found, world)
    if isinstance(where, PointWorld):
        return _list_points(found, where, as_json)
    with Interrupt() as interrupt, interrupt.watching(found.name, hang_s(where)):
        run = traced(where, found, found.pattern.workload(found))
    addresses = [printable(str(b)) for b in run.boundaries]
    if as_json:
        click.echo(json.dumps(addresses, indent=1))
    else:
        for address in addresses:
            click.echo(address)
        note(f"{len(addresses)} boundaries, each with a request and a reply leg")
    return _conclude(run.history.ops(), where)


def _list_points(subject: Subject, world: PointWorld, as_json: bool) -> Exit:
    points = [printable(point) for point in dict.fromkeys(world.points(subject))]
    if not points:
        raise UsageError(
            f"{subject.name} is one object without fault points: no message crosses a boundary; faults are its steps"
        )
    if as_json:
        click.echo(json.dumps(points, indent=1))
    else:
        for point in points:
            click.echo(point)
        note(f"{len(points)} fault points")
    return Exit.CERTIFIED


def _conclude(ops: Sequence[Op], world: World) -> Exit:
    """Print the ops that were not answered ok; where the list may be incomplete for them, also what the parts logged."""
    bad = [op for op in ops if op.outcome != "ok"]
    for op in bad[:_OPS_MAX]:
        how = {"fail": "was refused", "info": "ended unknown"}[op.outcome]
        note(f"{printable(op.name)} {short(op.invoked.value)} {how}: {short(op.result, _ANSWER_WIDTH)}")
    if len(bad) > _OPS_MAX:
        note(f"and {len(bad) - _OPS_MAX} more ops that were not answered ok")
    if len(bad) < len(ops) and all(op.outcome == "fail" for op in bad):
        return Exit.CERTIFIED  # a workload may well ask for what has to be refused
    logs = world.log_tails() if isinstance(world, LoggedWorld) else {}
    for part, said in logs.items():
        head, *lines = said.splitlines()
        note(printable(f"{part}: {head}"))
        for line in lines[-_LOG_LINES_MAX:]:
            note(clipped(printable(line), _LINE_WIDTH))
    note(f"shaketable: {len(bad)} of {len(ops)} ops failed in a run without faults, so this may not be all")
    return Exit.UNKNOWN
