"""`shaketable doctor`: say which worlds are usable on this machine, and what the others lack."""

from __future__ import annotations

from collections.abc import Iterable

import click

from shaketable.cli.output import note_problems
from shaketable.cli.subjects import shipped
from shaketable.real.containers import doctor as containers
from shaketable.real.machine_requirement import Requirement
from shaketable.real.processes import doctor as processes


@click.command("doctor")
def command() -> None:
    """Say which worlds are usable here, and how to get what the others lack."""
    _world("sim", [Requirement("this Python", True, "")])
    _world("processes", processes.requirements())
    _world("containers", containers.requirements())
    note_problems(shipped().problems)


def _world(name: str, needs: Iterable[Requirement]) -> None:
    """Print whether a world is usable, and each of its needs; an optional one is not needed for most schedules."""
    needs = tuple(needs)
    ready = all(need.found or need.optional for need in needs)
    click.echo(f"{name}: {'usable' if ready else 'something is missing'}")
    for need in needs:
        mark = "ok     " if need.found else "absent " if need.optional else "MISSING"
        how = "" if need.found else f"  ({need.how})"
        click.echo(f"  {mark} {need.name}{how}")
