"""`shaketable doctor`: which worlds are usable on this machine, and what the others lack."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

import click

from harness.cli.catalogue import shipped
from harness.cli.output import note
from harness.real.processes.doctor import requirements
from harness.report.printable import printable

_IMAGES = ("postgres:16", "apache/kafka:3.9.0", "redis:7", "ghcr.io/shopify/toxiproxy:2.12.0")
_ANSWER_S = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a world needs. `how` says how to get it; an optional one is not needed for most schedules."""

    name: str
    found: bool
    how: str = ""
    optional: bool = False


@click.command("doctor")
def command() -> None:
    """Say which worlds are usable here, and how to get what the others lack."""
    _world("sim", [Part("this Python", True)], built=True)
    _world("processes", _processes(), built=False)
    _world("containers", _containers(), built=False)
    for problem in shipped().problems:
        note(f"shaketable: {printable(' '.join(problem.split()))}")


def _world(name: str, parts: list[Part], *, built: bool) -> None:
    ready = all(p.found or p.optional for p in parts)
    state = "usable" if built and ready else "needs are met" if ready else "something is missing"
    later = "" if built else "; this world is not built yet"
    click.echo(f"{name}: {state}{later}")
    for part in parts:
        mark = "ok     " if part.found else "absent " if part.optional else "MISSING"
        how = "" if part.found else f"  ({part.how})"
        click.echo(f"  {mark} {part.name}{how}")


def _processes() -> list[Part]:
    return [Part(need.name, need.found, need.how, need.optional) for need in requirements()]


def _containers() -> list[Part]:
    docker = shutil.which("docker")
    if docker is None:
        return [Part("docker engine", False, "install Docker and start its service")]
    engine = _asks(docker, "version", "--format", "{{.Server.Version}}")
    parts = [
        Part("docker engine", engine, "the docker command is here, but no engine answers: start its service")
    ]
    if engine:
        parts += [
            Part(f"image {image}", _asks(docker, "image", "inspect", image), f"docker pull {image}")
            for image in _IMAGES
        ]
    return parts


def _asks(*command: str) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ANSWER_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
