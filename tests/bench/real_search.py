"""What a user gets of a real world: generated runs a second of one search, by the sets of servers that share it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from shaketable.explore.budget import Budget
from shaketable.explore.pool.coordinator import certify_shared
from shaketable.explore.pool.jobs import Certified, Certify, Loader
from shaketable.explore.progress import Progress
from tests.bench.orders import SAGA

LOADER = Loader("shaketable.cli.subjects:load", "shaketable.world_choice:search_world_for")


@dataclass(slots=True)
class Searched:
    """Generated runs of a search: how many, how many were no evidence, and how many a second once it searched."""

    runs: int = 0
    void: int = 0
    runs_per_second: float = math.nan
    scale: float = 0.0


def searched(world: str, *, sets: int, seconds: float) -> Searched:
    """Certify the hardened saga on `world` as the command does; the servers' start and calibration are not counted."""
    clock = _Clock(seconds)
    loader = Loader(LOADER.subject, LOADER.world, world)
    job = Certify(SAGA.name, loader, Budget(seconds=10**6))
    (result,) = certify_shared([job], sets, progress=clock.told, stop=clock.is_over)
    if not isinstance(result, Certified):
        raise RuntimeError(f"the search failed: {result}")
    found = result.examined.result
    if any(promise.counterexamples for promise in found.promises):
        raise AssertionError(f"a correct saga was accused: {found.promises}")
    assert found.servers is not None
    void = sum(found.unknown_runs.values())
    return Searched(found.spent.runs, void, clock.rate(found.spent.runs), found.servers.scale)


class _Clock:
    """Begins with the first run that is told, and ends `seconds` later."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began_s: float | None = None
        self._runs_before = 0

    def told(self, progress: Progress) -> None:
        if self._began_s is None and progress.stage == "searching" and progress.runs:
            self._began_s, self._runs_before = _now_s(), progress.runs

    def is_over(self) -> bool:
        return self._began_s is not None and _now_s() - self._began_s >= self._seconds

    def rate(self, runs: int) -> float:
        return (runs - self._runs_before) / self._seconds


def _now_s() -> float:
    return time.perf_counter()
