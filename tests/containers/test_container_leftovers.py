"""Nothing survives a command, however it ends; and nothing of any other is touched."""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shaketable.real.bounded_waits import wait_until
from shaketable.real.containers.docker_engine import connect
from shaketable.real.containers.launcher import ContainerLauncher
from shaketable.real.loop_thread import LoopThread
from shaketable.real.stack.launcher import Needs
from shaketable.real.supervision.identity import Identity, children_of, is_alive
from tests.containers.started import left_of, needs_docker, runs, volumes
from tests.processes.ended_command import ENDS_WITHIN_S, EndedCommand
from tests.processes.ended_command import command as ended
from tests.processes.started import kill_reapers

pytestmark = needs_docker

_ENDS_WITHIN_S = 60


@pytest.fixture
def client():
    engine = connect()
    yield engine
    engine.close()


@pytest.fixture
def loop():
    thread = LoopThread()
    yield thread
    thread.close()


@contextmanager
def command() -> Iterator["subprocess.Popen[str]"]:
    line = [sys.executable, "-m", "tests.containers.abandoned_command"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def processes_of(client, run: str) -> list[Identity]:
    """List every process of the run's containers, by this machine's numbers."""
    found = []
    for name in left_of(client, run):
        if name.startswith("/"):
            first = client.api.inspect_container(name[1:])["State"]["Pid"]
            found += children_of(first)
    return found


async def start_and_close() -> None:
    launcher = ContainerLauncher()
    await launcher.start_servers(Needs())
    await launcher.close()


def test_after_a_kill_the_next_start_removes_everything_and_nothing_of_a_living_command(client, loop):
    before = volumes(client)
    living = ContainerLauncher()
    try:
        with command() as process:
            run = said(process)
            assert said(process) == "open"
            kill_reapers(process.pid)
            process.kill()
            process.wait()
        assert len(left_of(client, run)) == 8  # four services, three servers, their network
        who = processes_of(client, run)
        assert len(who) >= 5
        folders = list(Path(tempfile.gettempdir()).glob(f"shaketable-{process.pid}-*"))
        assert len(folders) == 1
        loop.call(start_and_close())
        assert left_of(client, run) == []
        assert not folders[0].exists()
        assert not any(is_alive(one) for one in who)
        assert len(left_of(client, living.run)) == 1
    finally:
        loop.call(living.close())
    assert left_of(client, living.run) == []
    assert volumes(client) == before


def test_ctrl_c_leaves_nothing(client):
    before = volumes(client)
    with command() as process:
        run = said(process)
        assert said(process) == "open"
        who = processes_of(client, run)
        process.send_signal(signal.SIGINT)
        assert said(process) == "interrupted"
        assert process.wait(_ENDS_WITHIN_S) == 0
    assert left_of(client, run) == []
    assert not any(is_alive(one) for one in who)
    assert volumes(client) == before


@contextmanager
def certify() -> Iterator[tuple[EndedCommand, set[str]]]:
    """Start the real command with a worker; return it and the runs of others that the engine has."""
    client = connect()
    try:
        others = runs(client)
        budget = ("--budget", "60s", "--out", "{folder}/out")
        with ended("certify", "order-saga/as-listed", "--world", "containers", *budget) as begun:
            yield begun, others
    finally:
        client.close()


async def until(what: str, holds: Callable[[], bool]) -> None:
    await wait_until(holds, within_s=_ENDS_WITHIN_S, what=what)


async def reach(begun: EndedCommand, client: Any, others: set[str], moment: str) -> None:
    """Wait until the engine has a network of it, or containers, or until a run showed something."""
    if moment == "found":
        begun.wait_for(": found ")
        return
    wanted = {"network": 1, "containers": 4}[moment]
    own = lambda: sum(len(left_of(client, run)) for run in runs(client) - others)  # noqa: E731
    await until(f"the {moment} of a run", lambda: own() >= wanted)


@pytest.mark.parametrize("moment", ["network", "containers", "found"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whenever_a_command_ends_nothing_is_left_even_without_another_start(client, moment, number):
    async def story():
        before = volumes(client)
        with certify() as (begun, others):
            await reach(begun, client, others, moment)
            if number == signal.SIGINT:
                _, took_s = begun.interrupt()
                assert took_s < ENDS_WITHIN_S
            else:
                begun.process.kill()
                begun.process.wait()
            await begun.nothing_left()
            await until("the end of every container", lambda: not runs(client) - others)
        assert volumes(client) == before

    asyncio.run(story())


def test_ctrl_c_while_it_starts_leaves_nothing(client):
    with command() as process:
        run = said(process)
        process.send_signal(signal.SIGINT)
        assert said(process) == "interrupted"
        assert process.wait(_ENDS_WITHIN_S) == 0
    assert left_of(client, run) == []
