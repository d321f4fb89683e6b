"""Shorter schedules for real servers: the same steps without the waits that nothing depends on.

In the simulated world a wait is free, so rules that have nothing else left to do wait. On real servers a wait takes
as long as it says, and most of a generated run would be spent waiting.
"""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.schedule import Inject, Step, Wait


def trim_waits(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Drop redundant waits: keep the longest of consecutive waits, drop leading ones, and shorten the last to what
    faults still in force need.

    Nothing else needs the last wait: after the steps the runner waits until the subject is quiet in any case.
    """
    kept: list[Step] = []
    for step in steps:
        if not isinstance(step, Wait):
            kept.append(step)
        elif kept and isinstance(kept[-1], Wait):
            kept[-1] = max(kept[-1], step, key=lambda wait: wait.ms)
        elif kept:
            kept.append(step)
    if kept and isinstance(last := kept[-1], Wait):
        left_ms = min(last.ms, _in_force_ms(kept[:-1]))
        kept[-1:] = [Wait(left_ms)] if left_ms > 0 else []
    return tuple(kept)


def _in_force_ms(steps: Sequence[Step]) -> int:
    """Return how long some fault stays in force after the last step, as far as the schedule tells."""
    now_ms = over_ms = 0
    for step in steps:
        if isinstance(step, Wait):
            now_ms += step.ms
        elif isinstance(step, Inject):
            over_ms = max(over_ms, now_ms + step.fault.lasts_ms)
    return over_ms - now_ms
