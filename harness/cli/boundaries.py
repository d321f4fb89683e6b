"""`shaketable boundaries`: where things can go wrong."""

from __future__ import annotations

import json

import click

from harness.cli.catalogue import load
from harness.cli.output import note
from harness.errors import UsageError
from harness.explore.stateful import boundaries_of
from harness.report.printable import printable
from harness.subject import Component
from harness.worlds import world_for


@click.command("boundaries")
@click.argument("subject", metavar="SUBJECT")
@click.option("--world", default="sim", show_default=True, help="Where to run it.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(subject: str, world: str, as_json: bool) -> None:
    """List the boundaries of a fault-free run of SUBJECT's workload, in order, until it is quiet.

    Each line is an address: write it as `at` in a fault of a schedule, with `leg` request (before the effect) or
    reply (after it). Sender and receiver are roles: replicas of one service are counted together.
    """
    found = load(subject)
    if isinstance(found.target, Component):
        raise UsageError(f"{found.name} is one object: no message crosses a boundary; faults are its steps")
    addresses = [printable(str(b)) for b in boundaries_of(found, world_for(found, world))]
    if as_json:
        click.echo(json.dumps(addresses, indent=1))
        return
    for address in addresses:
        click.echo(address)
    note(f"{len(addresses)} boundaries, each with a request and a reply leg")
