"""Runs until each order defect is found without any fault, by each policy and by all of them in turn.

`python -m tests.bench.order_defects` prints the table: median and worst of 25 seeds. `make bench` prints what is wanted of it, by all in
turn. A workload is drawn anew for each run; half of the runs in turn are first in, first out, as in every search.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from shaketable.explore.generate.policy_turns import TURNS, PolicyTurns
from shaketable.orders.policy import POLICIES
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.sim.world import SimWorld
from tests.bench.defect_table import BY_TURNS, DefectTable, Turns
from tests.bench.figure import Figure
from tests.mutants.orders.catalogue import DEFECTS
from tests.mutants.orders.declared import OrderDefect

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


TABLE = DefectTable(DEFECTS, COLUMNS, runs_until_found)


def figures() -> Iterator[Figure]:
    """Return what is wanted of each defect."""
    return TABLE.figures("; first in, first out never")


if __name__ == "__main__":
    TABLE.show("tests.bench.order_defects", __doc__)
