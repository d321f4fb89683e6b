"""The number of sets of servers that a machine can run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shaketable.errors import UsageError
from shaketable.real import server_sets
from shaketable.real.server_sets import SETS_MAX, sets_affordable
from shaketable.world_choice import sets_of


def machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, cores: int, mb: int, group_mb: int = 0
) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable: {mb * 1024} kB\n")
    if group_mb:
        (tmp_path / "memory.max").write_text(f"{(group_mb + 100) << 20}\n")
        (tmp_path / "memory.current").write_text(f"{100 << 20}\n")
    monkeypatch.setattr(server_sets, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(server_sets, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)


@pytest.mark.parametrize(
    ("cores", "mb", "group_mb", "processes", "containers"),
    [
        (64, 64_000, 0, SETS_MAX["processes"], SETS_MAX["containers"]),
        (2, 8_000, 0, 4, 2),
        (1, 8_000, 0, 2, 1),
        (2, 900, 0, 2, 2),
        (2, 64_000, 500, 1, 1),
        (2, 100, 0, 1, 1),
    ],
)
def test_processors_and_memory_allow_so_many(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    mb: int,
    group_mb: int,
    processes: int,
    containers: int,
) -> None:
    machine(tmp_path, monkeypatch, cores=cores, mb=mb, group_mb=group_mb)
    assert sets_affordable("processes") == processes
    assert sets_affordable("containers") == containers


def test_where_nothing_can_be_read_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(tmp_path, monkeypatch, cores=8, mb=64_000)
    monkeypatch.setattr(server_sets, "_MEMINFO", tmp_path / "nothing")
    assert sets_affordable("processes") == 1


def test_the_simulated_world_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sets_of("sim") == 0
    assert sets_of("processes", 7) == 7
    with pytest.raises(UsageError, match="'sim' has no servers"):
        sets_of("sim", 2)
