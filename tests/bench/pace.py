"""How fast something runs, measured in interleaved rounds so that noise hits both sides of a ratio."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable


def runs_per_second(work: Callable[[], object], *, seconds: float) -> float:
    """How often `work` runs in a second, over about `seconds`."""
    started, runs = time.perf_counter(), 0
    while True:
        work()
        runs += 1
        took = time.perf_counter() - started
        if took >= seconds:
            return runs / took


def compare(candidates: dict[str, Callable[[], object]], *, rounds: int, seconds: float) -> dict[str, float]:
    """The median runs/s of each candidate, their rounds taken in turn."""
    seen: dict[str, list[float]] = {name: [] for name in candidates}
    for work in candidates.values():
        work()
    for _ in range(rounds):
        for name, work in candidates.items():
            gc.collect()
            seen[name].append(runs_per_second(work, seconds=seconds))
    return {name: statistics.median(rates) for name, rates in seen.items()}
