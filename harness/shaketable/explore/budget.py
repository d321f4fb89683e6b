"""The budget of a search, and the meter that says when it is spent."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

SHRINKING_SHARE = 1.2
"""Of a budget's time: shrinking may end a fifth over it, since a story that is not shrunk is hard to read."""

HANG_S = 60.0
"""A run that takes longer counts as one that never ends."""
HANG_REAL_S = 600.0
"""The same on real servers, which may have to be started first."""

Clock = Callable[[], float]
"""Monotonic seconds. Given by the edge: nothing here reads a clock of its own."""


def never_stop() -> bool:
    """Return False: the default wherever a search asks whether to stop."""
    return False


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """At most `runs` generated runs and about `seconds` in all, whichever ends first; at least one is given."""

    runs: int | None = None
    seconds: float | None = None
    steps: int = 20  # of a generated run, at most
    replays: int = 3  # of each minimal schedule
    shrink_executions: int = 2_000  # at most, for each schedule that is shrunk, under drawn timings too
    starts: int = 2  # schedules shrunk for each anomaly; the smallest result is kept
    reserve_s: float = 0.3  # of `seconds`, kept for shrinking each anomaly
    reserve_share: float = 0.3  # and kept for all of them at most
    until_expected: bool = False  # stop searching once everything the subject must break was found

    def __post_init__(self) -> None:
        if self.runs is None and self.seconds is None:
            raise ValueError("a budget needs runs, seconds or both")
        if (self.runs is not None and self.runs < 1) or (self.seconds is not None and self.seconds <= 0):
            raise ValueError(f"a budget is more than nothing, got runs={self.runs} seconds={self.seconds}")


@dataclass(slots=True)
class Meter:
    """The budget of one subject while it is spent: what is left of it, and whether the search was asked to stop."""

    budget: Budget
    now_s: Clock
    stop: Callable[[], bool]
    started_s: float
    interrupted: bool = False

    @property
    def elapsed_s(self) -> float:
        return self.now_s() - self.started_s

    def stopped(self) -> bool:
        """Tell whether the search was asked to stop; once asked, it stays so."""
        if not self.interrupted and self.stop():
            self.interrupted = True
        return self.interrupted

    def may_search(self, runs: int, anomalies: int) -> bool:
        """Tell whether another generated run fits; some of the time is kept for shrinking the anomalies found."""
        if self.stopped():
            return False
        budget = self.budget
        if budget.runs is not None and runs >= budget.runs:
            return False
        if budget.seconds is None:
            return True
        reserve_s = min(budget.reserve_share * budget.seconds, budget.reserve_s * anomalies)
        return self.elapsed_s < budget.seconds - reserve_s

    def out_of_shrinking(self) -> bool:
        """Tell whether shrinking must end: asked to stop, or a fifth over the time."""
        return self.stopped() or self.shrinking_left_s <= 0

    @property
    def shrinking_left_s(self) -> float:
        """The time that is left for shrinking; infinite without a budget of time."""
        seconds = self.budget.seconds
        return math.inf if seconds is None else SHRINKING_SHARE * seconds - self.elapsed_s


def derive_seed(seed: int, *names: str | int) -> int:
    """Derive a seed of its own for each purpose, the same in every process."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
