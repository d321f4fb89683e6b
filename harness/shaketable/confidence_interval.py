"""The interval in which a true rate lies, given a few runs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Interval:
    """The true rate lies in here with 95 % confidence."""

    low: float
    high: float


def wilson(successes: int, runs: int) -> Interval:
    """Return the score interval of Wilson (1927), which is right also for few runs and for rates near 0 and 1."""
    if runs == 0:
        return Interval(0.0, 1.0)
    rate, spread = successes / runs, Z_95 * Z_95 / runs
    middle = (rate + spread / 2) / (1 + spread)
    half = Z_95 * sqrt(rate * (1 - rate) / runs + spread / (4 * runs)) / (1 + spread)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))
