"""Generated runs of one subject in batches, until the budget is spent or enough is known."""

from __future__ import annotations

import gc
from collections.abc import Callable

from shaketable.boundary import Boundary
from shaketable.explore.budget import Budget, Meter, derive_seed
from shaketable.explore.generate.machine import generate, machine_for
from shaketable.explore.generate.settings import search_settings
from shaketable.explore.generate.sink import CountingSink
from shaketable.explore.judge.evidence import Evidence
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World

BATCH_RUNS = 250  # bounds what Hypothesis keeps of one search


class Search(Evidence):
    """Evidence that knows when to stop and tells after each run."""

    def __init__(
        self,
        subject: Subject,
        meter: Meter,
        *,
        enough: Callable[[Evidence], bool],
        told: Callable[[Evidence], None],
    ) -> None:
        super().__init__(subject, starts_max=meter.budget.starts)
        self._meter = meter
        self._enough = enough
        self._told = told

    def wants(self) -> bool:
        """Whether the budget and what is known so far allow another run."""
        return self._meter.may_search(self.runs, len(self.found)) and not self._enough(self)

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """Count one run."""
        super().take(schedule, outcome)
        self._told(self)


def search(
    sink: CountingSink, world: World, boundaries: tuple[Boundary, ...], budget: Budget, seed: int
) -> None:
    """Generate runs into `sink` until it wants no more; each batch has its own seed."""
    machine = machine_for(sink.subject, world, sink, boundaries=boundaries)
    batch = 0
    while sink.wants():
        left = BATCH_RUNS
        if budget.runs is not None and not machine.runs_are_dear():  # there not all that is drawn is run
            left = min(BATCH_RUNS, budget.runs - sink.runs)
        limits = search_settings(left, steps=budget.steps)
        runs_before = sink.runs
        generate(machine, seed=derive_seed(seed, sink.subject.name, batch), limits=limits)
        batch += 1
        gc.collect()  # what Hypothesis kept of this batch refers to itself, and little else here ever does
        if sink.runs == runs_before:
            return  # the machine cannot draw a single run
