"""How fast something runs, measured in interleaved rounds so that noise hits both sides of a ratio."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

Work = Callable[[], object]


def runs_per_second(work: Work, *, seconds: float) -> float:
    """How often `work` runs in a second of processor time, over about `seconds`."""
    started, runs = time.process_time(), 0
    while True:
        work()
        runs += 1
        took = time.process_time() - started
        if took >= seconds:
            return runs / took


def compare(candidates: dict[str, Work], *, rounds: int, seconds: float) -> dict[str, float]:
    """The median runs/s of each candidate, their rounds taken in turn."""
    seen: dict[str, list[float]] = {name: [] for name in candidates}
    for work in candidates.values():
        work()
    for _ in range(rounds):
        for name, work in candidates.items():
            gc.collect()
            seen[name].append(runs_per_second(work, seconds=seconds))
    return {name: statistics.median(rates) for name, rates in seen.items()}


def share(work: Work, floor: Work) -> tuple[float, float]:
    """The floor's processor time as a share of the work's, and the floor's seconds; both done once, one after the other."""
    worked_s, floor_s = _seconds(work), _seconds(floor)
    return floor_s / worked_s, floor_s


def _seconds(work: Work) -> float:
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started
