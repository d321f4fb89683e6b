"""One schedule for each order defect, with the deviations that show it: found by a policy, shrunk, stored.

`python -m tests.mutants.orders.stored` finds and shrinks those anew that are not stored or do not show their defect any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import msgspec

from shaketable.explore.shrink.order_holds import Held, as_holds
from shaketable.explore.shrink.shrinker import Limits, shrink
from shaketable.orders.policy import Policy
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject
from tests.mutants.orders.catalogue import DEFECTS
from tests.mutants.orders.declared import GAP_MS, OrderDefect

FILE = Path(__file__).parent / "schedules.jsonl"
DEVIATIONS_MAX = 3
_RUNS_MAX = 600
_EXECUTIONS_MAX = 1_000
_FOUND_MAX = 8


def stored() -> dict[str, Schedule]:
    """Return the stored schedules by the names of the defects."""
    lines = FILE.read_bytes().splitlines() if FILE.exists() else ()
    return dict(msgspec.json.decode(line, type=tuple[str, Schedule]) for line in lines)


def is_broken(subject: Subject, schedule: Schedule) -> bool:
    """Tell whether the subject breaks its promise by this schedule."""
    return bool(execute(SimWorld(), subject, schedule).findings)


def keeps_apart(schedule: Schedule) -> bool:
    """Tell whether each op is over before the next if nothing is late: what happens at one instant is no story for real servers."""
    waited_ms = GAP_MS
    for step in schedule.steps:
        if isinstance(step, Do):
            if waited_ms < GAP_MS:
                return False
            waited_ms = 0
        elif isinstance(step, Wait):
            waited_ms += step.ms
    return True


def shows(defect: OrderDefect, schedule: Schedule) -> bool:
    """Tell whether this schedule shows the defect: neither first in, first out, nor by the twin without it."""
    calm = schedule.with_deviations(())
    return (
        keeps_apart(schedule)
        and is_broken(defect.wrong, schedule)
        and not is_broken(defect.wrong, calm)
        and not is_broken(defect.right, schedule)
    )


def has_few_deviations(schedule: Schedule) -> bool:
    return len(schedule.deviations or ()) <= DEVIATIONS_MAX


def held(defect: OrderDefect, schedule: Schedule) -> Held | None:
    """Return the schedule with holds that make its order, which show the defect and not its twin."""
    return as_holds(schedule, lambda s: is_broken(defect.wrong, s) and not is_broken(defect.right, s))


def found(defect: OrderDefect) -> Schedule:
    """Return, of the shrunk schedules of several runs that show the defect, the one that holds show best. LookupError if there is none.

    It is right without the deviations: clients that ask at one instant would show some defects in any order.
    """
    best: tuple[int, int, Schedule] | None = None
    for schedule in islice(all_found(defect), _FOUND_MAX):
        by_holds = held(defect, schedule)
        score = by_holds.timings_shown if by_holds is not None else 0, -len(schedule.steps)
        if best is None or score > best[:2]:
            best = (*score, schedule)
    if best is None:
        raise LookupError(f"{defect.name} was not found in {_RUNS_MAX} runs")
    return best[2]


def all_found(defect: OrderDefect) -> Iterator[Schedule]:
    """Yield the shrunk schedules of the runs that show the defect."""
    subject, chance = defect.wrong, Random(defect.name)
    for _ in range(_RUNS_MAX):
        policy = Policy("pct", chance.getrandbits(32))
        drawn = Schedule(subject.name, defect.draw(chance)).with_policy(policy)
        outcome = execute(SimWorld(), subject, drawn)
        if outcome.findings:
            replayed = drawn.with_deviations(outcome.deviations)
            if shows(defect, replayed):
                shrunk = shrink(replayed, lambda s: shows(defect, s), Limits(_EXECUTIONS_MAX)).schedule
                if has_few_deviations(shrunk):
                    yield shrunk


def main() -> None:
    """Find what is missing, print all, write the file."""
    kept = stored()
    for defect in DEFECTS:
        old = kept.get(defect.name)
        if old is None or not (has_few_deviations(old) and shows(defect, old)):
            kept[defect.name] = found(defect)
        schedule = kept[defect.name]
        deviations = schedule.deviations or ()
        print(f"{defect.name}: {len(schedule.steps)} steps, {len(deviations)} deviations", flush=True)
        for deviation in deviations:
            waits = f"waits for {deviation.until}" if deviation.until else f"is {deviation.late_ms} ms late"
            print(f"  the {deviation.leg} of {deviation.at} {waits}", flush=True)
    lines = [msgspec.json.encode((defect.name, kept[defect.name])) for defect in DEFECTS]
    FILE.write_bytes(b"\n".join([*lines, b""]))


if __name__ == "__main__":
    main()
