"""`shaketable shrink FILE --world processes`: rehearsed in the simulated world, confirmed where it was found, at a rate."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from counter_subject import ToyWorld, counter
from fickle_world import FickleWorld

from shaketable.cli import main, shrink
from shaketable.report.schedule_file import load
from shaketable.schedule import Do, Expected, Schedule, Step, Wait, dumps
from shaketable.world import World

LONG: tuple[Step, ...] = (
    Do("add", {"amount": 1}),
    Do("arm"),
    *(Wait(300),) * 4,
    Do("add", {"amount": 2}),
    Do("add", {"amount": 8}),
    Wait(10),
)
LOST = (Do("arm"), Wait(600), Do("add", {"amount": 3}))


def shrunk(
    monkeypatch: pytest.MonkeyPatch, folder: Path, real: World, rehearsal: World | None = None, *options: str
) -> Result:
    """Run the command on a file with LONG, where `real` stands for the servers."""
    file = folder / "found.json"
    file.write_bytes(dumps(Schedule("counter/lost", LONG, expected=Expected("CT-1", "lost add"))))
    monkeypatch.setattr(shrink, "subject_named", lambda *_: counter("lost"))
    monkeypatch.setattr(shrink, "world_for", lambda _, name="sim": rehearsal if name == "sim" else real)
    monkeypatch.setattr(shrink, "can_be_simulated", lambda _: rehearsal is not None)
    return CliRunner().invoke(main, ["shrink", str(file), "--world", "processes", *options])


def result(folder: Path) -> Schedule:
    return load(folder / "found.min.json")


def test_what_shows_in_the_simulated_world_too_is_shrunk_there(monkeypatch, tmp_path):
    real, rehearsal = FickleWorld(), ToyWorld()
    done = shrunk(monkeypatch, tmp_path, real, rehearsal)
    assert done.exit_code == 0, done.output
    assert result(tmp_path) == Schedule("counter/lost", LOST, expected=Expected("CT-1", "lost add"))
    assert real.opened == 1 + 1 + 5, "found, confirmed, and run again for the rate"
    simulated = rehearsal.opened - 1
    assert f"9 steps to 3 in {simulated + 1} executions, {simulated} of them simulated" in done.stdout
    assert "it showed again in 5 of 5 (95 %: 57% to 100%) runs on processes" in done.stdout


def test_what_does_not_show_there_is_shrunk_where_it_was_found(monkeypatch, tmp_path):
    done = shrunk(monkeypatch, tmp_path, FickleWorld(), FickleWorld(name="sim", until=0))
    assert done.exit_code == 0, done.output
    assert result(tmp_path).steps == LOST
    assert "simulated" not in done.stdout


@pytest.mark.parametrize("every", [2, 3])
def test_what_shows_only_sometimes_is_found_shrunk_and_told_with_its_rate(monkeypatch, tmp_path, every):
    done = shrunk(monkeypatch, tmp_path, FickleWorld(every=every), ToyWorld())
    assert result(tmp_path).steps == LOST
    assert f"it showed again in {5 // every}" in done.stdout or f"in {5 // every + 1} of 5" in done.stdout


def test_what_never_shows_is_not_shrunk(monkeypatch, tmp_path):
    done = shrunk(monkeypatch, tmp_path, FickleWorld(until=0), ToyWorld())
    assert done.exit_code == 1
    assert "nothing to shrink" in done.stdout
    assert not (tmp_path / "found.min.json").exists()


def test_no_more_runs_are_spent_than_are_allowed(monkeypatch, tmp_path):
    real = FickleWorld()
    done = shrunk(monkeypatch, tmp_path, real, None, "--executions", "4")
    assert done.exit_code == 3
    assert real.opened <= 1 + 4 + 5
    assert "it may not be minimal" in done.stderr
    assert 3 < len(result(tmp_path).steps) <= len(LONG)
