"""Runs until each order defect is found without any fault, by each policy and by all of them in turn.

`python -m tests.bench.order_defects` prints the table: median and worst of 25 seeds. `make bench` prints what is wanted of it, by all in
turn. A workload is drawn anew for each run; half of the runs in turn are first in, first out, as in every search.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from random import Random
from statistics import median

from shaketable.explore.generate.policy_turns import TURNS, PolicyTurns
from shaketable.orders.policy import POLICIES, PolicyName
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.sim.world import SimWorld
from tests.bench.figure import Figure
from tests.mutants.orders.catalogue import DEFECTS
from tests.mutants.orders.declared import OrderDefect

SEEDS = 25
RUNS_MAX = 600
MEDIAN_WANTED = 100
BY_TURNS = "by turns"

Turns = tuple[PolicyName | None, ...]
COLUMNS: dict[str, Turns] = {name: (name,) for name in POLICIES} | {BY_TURNS: TURNS}


def runs_until_found(defect: OrderDefect, turns: Turns, seed: int, runs_max: int) -> int:
    """Return the number of the first run that breaks the promise; one more than `runs_max` if none does."""
    chance, policies = Random(seed), PolicyTurns(seed, turns)
    world = SimWorld(records_accesses=True)
    for number in range(1, runs_max + 1):
        dealt = policies.deal(Schedule(defect.wrong.name, defect.draw(chance)))
        outcome = execute(world, defect.wrong, dealt)
        if outcome.findings:
            return number
        policies.learn(dealt, outcome)
    return runs_max + 1


def row(defect: OrderDefect, column: str, seeds: int, runs_max: int = RUNS_MAX) -> list[int]:
    """Return the runs of each seed, the fewest first."""
    return sorted(runs_until_found(defect, COLUMNS[column], seed, runs_max) for seed in range(seeds))


def figures() -> Iterator[Figure]:
    for defect in DEFECTS:
        runs = row(defect, BY_TURNS, SEEDS)
        note = f"(of {SEEDS} seeds; first in, first out never)"
        yield Figure(f"orders: runs until {defect.name}, median", median(runs), note, at_most=MEDIAN_WANTED)
        yield Figure(f"orders: runs until {defect.name}, worst", runs[-1], note, at_most=RUNS_MAX)


def main() -> None:
    """Print the table, line by line as it is measured."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.order_defects", description=__doc__)
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--runs", type=int, default=RUNS_MAX, help="the most for one seed")
    options.add_argument("--only", default="", help="a part of a defect's name")
    chosen = options.parse_args()
    print(f"{'median/worst of ' + str(chosen.seeds):20}" + "".join(f"{name:>14}" for name in COLUMNS))
    for defect in DEFECTS:
        if chosen.only not in defect.name:
            continue
        print(f"{defect.name:20}", end="", flush=True)
        for column in COLUMNS:
            runs = row(defect, column, chosen.seeds, chosen.runs)
            worst = str(runs[-1]) if runs[-1] <= chosen.runs else f">{chosen.runs}"
            print(f"{median(runs):>8g}/{worst:<5}", end="", flush=True)
        print()


if __name__ == "__main__":
    main()
