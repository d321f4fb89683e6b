"""Runs until each order defect inside one object is found, by each policy, in the calm order, and by all in turn.

`python -m tests.bench.component_orders` prints the table: median and worst of 25 seeds. Schedules are drawn by the machine of the kind;
in the calm order its rules draw some races of their own, by marks that say nothing under a policy.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import median

from shaketable.components.world import ComponentWorld
from shaketable.explore.generate.component_machine import POLICY_TURNS
from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.explore.generate.machine import generate, machine_for
from shaketable.orders.policy import POLICIES, PolicyName
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from tests.bench.figure import Figure
from tests.mutants.orders.components import DEFECTS, ComponentDefect

SEEDS = 25
RUNS_MAX = 600
MEDIAN_WANTED = 100
BY_TURNS = "by turns"
Turns = tuple[PolicyName | None, ...]
COLUMNS: dict[str, Turns] = {
    "calm": (None,),
    **{name: (name,) for name in POLICIES if name in POLICY_TURNS},
    BY_TURNS: POLICY_TURNS,
}


class FirstBreach:
    """A `Sink` that wants runs until one breaks the promise that the defect is known by, at most `runs_max`.

    `found` is that run's schedule, with its deviations.
    """

    def __init__(self, defect: ComponentDefect, runs_max: int) -> None:
        self._promise = defect.kills
        self._runs_max = runs_max
        self.runs = 0
        self.found: Schedule | None = None
        self.failure: BaseException | None = None

    def wants(self) -> bool:
        return self.found is None and self.runs < self._runs_max

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.runs += 1
        if any(finding.promise == self._promise for finding in outcome.findings):
            self.found = schedule

    def fail(self, schedule: Schedule, error: BaseException) -> None:
        self.failure = error


def searched(defect: ComponentDefect, turns: Turns, seed: int, runs_max: int = RUNS_MAX) -> FirstBreach:
    """Search until the defect is found."""
    sink = FirstBreach(defect, runs_max)
    machine = machine_for(defect.wrong, ComponentWorld(), sink)
    machine.policies = turns
    generate(machine, seed=seed, limits=search_settings(2 * runs_max))
    return sink


def row(defect: ComponentDefect, column: str, seeds: int, runs_max: int = RUNS_MAX) -> list[int]:
    """Return the runs of each seed, the fewest first; one more than `runs_max` where it was not found."""
    sinks = [searched(defect, COLUMNS[column], seed, runs_max) for seed in range(seeds)]
    return sorted(sink.runs if sink.found is not None else runs_max + 1 for sink in sinks)


def figures() -> Iterator[Figure]:
    for defect in DEFECTS:
        runs = row(defect, BY_TURNS, SEEDS)
        note = f"(of {SEEDS} seeds)"
        yield Figure(f"orders: runs until {defect.name}, median", median(runs), note, at_most=MEDIAN_WANTED)
        yield Figure(f"orders: runs until {defect.name}, worst", runs[-1], note, at_most=RUNS_MAX)


def main() -> None:
    """Print the table, line by line as it is measured."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.component_orders", description=__doc__)
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--runs", type=int, default=RUNS_MAX, help="the most for one seed")
    chosen = options.parse_args()
    print(f"{'median/worst of ' + str(chosen.seeds):26}" + "".join(f"{name:>14}" for name in COLUMNS))
    for defect in DEFECTS:
        print(f"{defect.name:26}", end="", flush=True)
        for column in COLUMNS:
            runs = row(defect, column, chosen.seeds, chosen.runs)
            worst = str(runs[-1]) if runs[-1] <= chosen.runs else f">{chosen.runs}"
            print(f"{median(runs):>8g}/{worst:<5}", end="", flush=True)
        print()


if __name__ == "__main__":
    main()
