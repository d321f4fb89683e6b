"""docs/adding-a-server.md does what it says: three new files and a line, and a message of the new server goes wrong.

That the type checker has nothing against them is asked in tests/architecture/test_adding_a_fault.py, of a copy that it knows.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.architecture.guide import changes, copy_to, new_files, run_in
from tests.processes.started import needs_the_extra

GUIDE = "adding-a-server.md"
REGISTRY = "harness/shaketable/real/servers/registry.py"
PLAY = """
import sys
from shaketable.fault import Drop
from shaketable.profile import Profile
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.world import RealWorld
from shaketable.runner import Run
from shaketable.schedule import Do, Inject, Schedule, Wait
from shaketable.subject import Completion, Part, Pattern, Server, Subject, System


async def perform(ports, do):
    answer = await ports.http.request("POST", "keeper", "/keep", do.value, timeout_ms=20_000)
    return Completion("ok" if answer.status == 200 else "info", answer.body)


part = Part("keeper", lambda _: None, entry="tests.processes.line_server.service:serve", env={"LINES_VARIABLE": "NOOP_AT"})
system = System(parts=(part,), perform=perform, other_servers=(Server("mirror", "noop"),), session_timeout_ms=0)
pattern = Pattern("noop", (), (), lambda _: object, lambda _: Schedule("noop", ()), lambda _, __: ())
world = RealWorld("processes", lambda system: ProcessLauncher(system.entries))
try:
    run = Run(world, Subject("noop", pattern, Profile("none", {}), system), trace=True)
    run.step(Inject(Drop(at="keeper>mirror LINE SET_a_ #1", leg="reply")))
    for _ in range(2):
        run.step(Do("keep", {"verb": "SET", "key": "a"}))
        run.step(Wait(10_000))
    history = run.finish()
    print([(e.kind, e.value) for e in sorted(history, key=lambda e: e.ref) if e.kind in ("ok", "info")], [e.name for e in history if e.kind == "receipt"])
    print([str(b) for b in run.boundaries if b.route.receiver == "mirror"])
finally:
    world.close()
"""

pytestmark = needs_the_extra


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_to(tmp_path_factory.mktemp("server"))
    for file, text in new_files(GUIDE).items():
        assert not (folder / file).exists()
        (folder / file).write_text(text)
    for change in changes(GUIDE):
        change.apply(folder)
    return folder


def test_it_is_three_new_files_and_a_line_with_its_import():
    assert len(new_files(GUIDE)) == 3
    asked = changes(GUIDE)
    assert {change.file for change in asked} == {REGISTRY}
    added = [line for change in asked for line in change.after.splitlines() if "NOOP" in line]
    assert len(added) == 2


def test_a_message_of_it_is_lost_and_its_boundaries_are_named(followed):
    (followed / "play.py").write_text(PLAY)
    played: subprocess.CompletedProcess[str] = run_in(followed, "play")
    assert played.stdout.splitlines() == [
        "[('info', {'error': 'TimeoutError'}), ('ok', {'kept': 'SET a'})] ['drop']",
        "['keeper>mirror LINE SET_a_ #1', 'keeper>mirror LINE SET_a_ #2']",
    ], played.stderr
