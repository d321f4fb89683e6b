"""Schedules for servers on which waiting costs what it lasts: the same steps, and no wait that nothing depends on.

In the simulated world a wait is free, so rules that have nothing else left to do wait. On real servers most of a generated
run would be spent so.
"""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.fault import Crash, CrashReceiver, CrashSender, Fault, LinkFault, Pause, Restart
from shaketable.schedule import Inject, Step, Wait


def brisk(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Of waits in a row the longest; none in front of the first thing that happens; behind the last one only what faults
    in force still have to last, for whatever is left to be done then is done all the same.
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
    """How long after the last step some fault is still in force, so far as the schedule tells."""
    now_ms = over_ms = 0
    for step in steps:
        if isinstance(step, Wait):
            now_ms += step.ms
        elif isinstance(step, Inject):
            over_ms = max(over_ms, now_ms + _lasts_ms(step.fault))
    return over_ms - now_ms


def _lasts_ms(fault: Fault) -> int:
    """From its step on. A message that is held keeps its delay whatever ends, so nobody has to wait for it."""
    match fault:
        case Crash() | Restart() | CrashSender() | CrashReceiver():
            return fault.down_ms
        case Pause() | LinkFault():
            return fault.for_ms
        case _:
            return 0
