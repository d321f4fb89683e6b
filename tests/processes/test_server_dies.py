"""A server that dies ends what needs it: it is named with its last lines, what was found is kept, and nothing is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shaketable.conformance.shop import shop
from shaketable.errors import ServerDied
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.supervision.run_directory import recorded
from shaketable.real.world import RealWorld
from shaketable.runner import Run
from shaketable.subject import Subject, System
from tests.processes.ended_command import command
from tests.processes.started import needs_the_extra, run

pytestmark = needs_the_extra

BROKEN = "order-saga/as-listed"
HARNESS_FAULT = 4
TOLD_WITHIN_S = 120


def kill(server: str, folder: Path) -> None:
    found = [one for name, one in recorded(folder) if name == server]
    assert found, f"no server {server} is recorded"
    os.kill(found[-1].pid, signal.SIGKILL)


def shop_with_a_cache() -> Subject:
    subject = shop("tests.conformance.shop_app:main")
    assert isinstance(subject.target, System)
    return replace(subject, target=replace(subject.target, uses_cache=True))


class OpenedWorld:
    """A world of processes that remembers the folder of its run."""

    def __init__(self) -> None:
        self.launchers: list[ProcessLauncher] = []
        self.world = RealWorld("processes", self._launcher)
        self.subject = shop_with_a_cache()

    @property
    def folder(self) -> Path:
        return self.launchers[-1].run_folder

    def _launcher(self, system: System) -> ProcessLauncher:
        self.launchers.append(ProcessLauncher(system.entries))
        return self.launchers[-1]


@pytest.fixture(scope="module")
def opened() -> Iterator[OpenedWorld]:
    there = OpenedWorld()
    yield there
    there.world.close()


@pytest.mark.parametrize("server", ["kafka", "postgres", "redis"])
def test_it_is_named_in_one_line_with_its_last_lines_and_the_next_run_has_others(opened, server):
    for _ in range(2):  # the second run is on servers that were started anew
        going = Run(opened.world, opened.subject)
        folder = opened.folder
        kill(server, folder)
        began_s = time.monotonic()
        with pytest.raises(ServerDied) as told:
            going.finish()
        assert time.monotonic() - began_s < 30
        line = str(told.value)
        assert line.startswith(f"the server {server} died: it was ended by SIGKILL; its log ends with ")
        assert "\n" not in line
    Run(opened.world, opened.subject).abandon()
    assert opened.folder != folder
    assert not folder.exists()


def test_a_search_tells_it_in_one_line_keeps_what_it_found_and_leaves_nothing():
    arguments = ("certify", BROKEN, "--world", "processes", "--sets", "1", "--runs", "2000")

    async def story() -> None:
        with command(*arguments, "--out", "{folder}/out") as begun:
            await begun.reach("say : found ")
            kill("kafka", begun.runs()[0])
            _, said = begun.process.communicate(timeout=TOLD_WITHIN_S)
            lines = [
                one for one in said.splitlines() if "the server kafka died: it was ended by SIGKILL" in one
            ]
            assert lines, said
            assert "Traceback" not in said
            assert list(Path(begun.folder, "out", "counterexamples").glob("*.json"))
            assert begun.process.returncode == HARNESS_FAULT
            await begun.nothing_left()

    run(story())
