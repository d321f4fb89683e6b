"""Which numbers are simpler than a given one."""

from __future__ import annotations

_TIMES_MS = (1, 10, 100, 1_000)
_DOWN_MS_DEFAULT = 1_000


def smaller(name: str, value: int) -> list[int]:
    """Round numbers simpler than `value`, simplest first. Times (`ms`, `..._ms`) are tried in coarser steps.

    How long a process stays down is no smaller for being shorter: only the usual time is simpler.
    """
    if name == "down_ms":
        return [_DOWN_MS_DEFAULT] if value != _DOWN_MS_DEFAULT else []
    magnitude = abs(value)
    sign = 1 if value >= 0 else -1
    ladder = _times(magnitude) if name == "ms" or name.endswith("_ms") else _counts(magnitude)
    return [sign * number for number in ladder]


def _counts(below: int) -> list[int]:
    """1 to 10, then 20, 50, 100, 200, 500, ... below the number."""
    rungs = list(range(1, min(11, below)))
    power = 10
    while 2 * power < below:
        rungs.extend(n for n in (2 * power, 5 * power, 10 * power) if n < below)
        power *= 10
    return rungs


def _times(below: int) -> list[int]:
    return [n for n in _TIMES_MS if n < below] + [n for n in _counts(below) if n > _TIMES_MS[-1]]
