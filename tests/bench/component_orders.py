"""Runs until each order defect inside one object is found, by each policy, in the calm order, and by all in turn.

`python -m tests.bench.component_orders` prints the table: median and worst of 25 seeds. Schedules are drawn by the machine of the kind;
in the calm order its rules draw some races of their own, by marks that say nothing under a policy.
"""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.components.world import ComponentWorld
from shaketable.explore.generate.component_machine import POLICY_TURNS
from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.explore.generate.machine import generate, machine_for
from shaketable.orders.policy import POLICIES
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from tests.bench.defect_table import BY_TURNS, RUNS_MAX, DefectTable, Turns
from tests.bench.figure import Figure
from tests.mutants.orders.components import DEFECTS, ComponentDefect

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


def runs_until_found(defect: ComponentDefect, turns: Turns, seed: int, runs_max: int) -> int:
    """Return the number of runs until the defect is found; one more than `runs_max` if it is not."""
    sink = searched(defect, turns, seed, runs_max)
    return sink.runs if sink.found is not None else runs_max + 1


TABLE = DefectTable(DEFECTS, COLUMNS, runs_until_found)


def figures() -> Iterator[Figure]:
    """Return what is wanted of each defect."""
    return TABLE.figures()


if __name__ == "__main__":
    TABLE.show("tests.bench.component_orders", __doc__)
