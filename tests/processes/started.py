"""A started launcher for tests, and why there may be none."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shaketable.real.processes.doctor import missing
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.stack.launcher import Needs
from shaketable.real.supervision.identity import Identity, is_alive
from shaketable.real.supervision.run_directory import recorded
from shaketable.subject import Server

DATABASE, BROKER, CACHE = Server("postgres", "postgresql"), Server("kafka", "kafka"), Server("redis", "redis")
EVERYTHING = Needs((DATABASE, BROKER, CACHE))
POSTGRES = Needs((DATABASE,))
NOTHING = Needs()

# On a developer's machine the extra may be absent; in CI its absence is a failure.
needs_the_extra = pytest.mark.skipif(
    bool(missing()) and not os.environ.get("CI"),
    reason="; ".join(f"{one.name}: {one.how}" for one in missing()) or "everything is here",
)


@asynccontextmanager
async def started(needs: Needs = EVERYTHING) -> AsyncIterator[ProcessLauncher]:
    launcher = ProcessLauncher(["tests.processes.tiny_service:serve"])
    await launcher.start_servers(needs)
    try:
        yield launcher
    finally:
        await launcher.close()


def everyone(folder: Path) -> list[Identity]:
    """List every process that the run started, and their children now."""
    from shaketable.real.supervision.identity import children_of

    named = [identity for _, identity in recorded(folder)]
    return [*named, *(child for one in named for child in children_of(one.pid))]


def kill_reapers(parent: int) -> None:
    """Kill the parent's reapers before the parent, so that what it leaves is left for the next start."""
    from shaketable.real.supervision.identity import children_of, send

    ours = [
        one
        for one in children_of(parent)
        if b"supervision.reaper" in Path(f"/proc/{one.pid}/cmdline").read_bytes()
    ]
    assert ours
    for one in ours:
        send(one, signal.SIGKILL)


def alive(identities: list[Identity]) -> list[Identity]:
    return [one for one in identities if is_alive(one)]


def run(story: object) -> None:
    asyncio.run(story)  # type: ignore[arg-type]
