"""`shaketable doctor`: which worlds are usable on this machine, and what the others lack."""

from __future__ import annotations

from collections.abc import Iterable

import click

from shaketable.cli.output import note
from shaketable.cli.subjects import shipped
from shaketable.real.containers import doctor as containers
from shaketable.real.processes import doctor as processes
from shaketable.real.requirement import Requirement
from shaketable.report.printable import printable


@click.command("doctor")
def command() -> None:
    """Say which worlds are usable here, and how to get what the others lack."""
    _world("sim", [Requirement("this Python", True, "")])
    _world("processes", processes.requirements())
    _world("containers", containers.requirements())
    for problem in shipped().problems:
        note(f"shaketable: {printable(' '.join(problem.split()))}")


def _world(name: str, needs: Iterable[Requirement]) -> None:
    """An optional one that is absent is not needed for most schedules."""
    needs = tuple(needs)
    ready = all(need.found or need.optional for need in needs)
    click.echo(f"{name}: {'usable' if ready else 'something is missing'}")
    for need in needs:
        mark = "ok     " if need.found else "absent " if need.optional else "MISSING"
        how = "" if need.found else f"  ({need.how})"
        click.echo(f"  {mark} {need.name}{how}")
