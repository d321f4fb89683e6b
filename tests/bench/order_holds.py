"""How often real servers show each order defect when holds make its order: `python -m tests.bench.order_holds`, 10 runs each.

The stored schedules are turned into holds in the simulated world; then the system with the defect and its twin run on `processes`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from shaketable.errors import HarnessError
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world_choice import check_world, close_worlds, world_for
from tests.bench.figure import Figure, Skipped
from tests.mutants.orders.catalogue import DEFECTS
from tests.mutants.orders.declared import OrderDefect
from tests.mutants.orders.stored import held, stored

RUNS = 10
SHOWN_WANTED = 8
WORLD = "processes"


def figures(only: str = "", runs: int = RUNS) -> Iterator[Figure | Skipped]:
    try:
        check_world(WORLD)
    except HarnessError as lacking:
        yield Skipped(f"{WORLD}: order defects by holds", str(lacking))
        return
    for defect in DEFECTS:
        if only in defect.name:
            yield from _figures_of(defect, runs)


def _figures_of(defect: OrderDefect, runs: int) -> Iterator[Figure | Skipped]:
    name = f"{WORLD}: {defect.name}"
    by_holds = held(defect, stored()[defect.name])
    if by_holds is None:
        yield Skipped(name, "no holds make its order in the simulated world")
        return
    try:
        shown = _shown(defect.wrong, by_holds.schedule, runs)
        accused = _shown(defect.right, by_holds.schedule, runs)
    finally:
        close_worlds()
    note = f"(of {runs}; in the simulated world under {by_holds.timings_shown} of {by_holds.timings} timings)"
    yield Figure(f"{name} shows by holds", shown, note, at_least=SHOWN_WANTED * runs / RUNS)
    yield Figure(f"{name}, twin accused", accused, f"(of {runs})", at_most=0)


def _shown(subject: Subject, schedule: Schedule, runs: int) -> int:
    world = world_for(subject, WORLD)
    return sum(bool(execute(world, subject, schedule).findings) for _ in range(runs))


def main() -> None:
    """Print the figures as they are measured."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.order_holds", description=__doc__)
    options.add_argument("--runs", type=int, default=RUNS)
    options.add_argument("--only", default="", help="a part of a defect's name")
    chosen = options.parse_args()
    for figure in figures(chosen.only, chosen.runs):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
