"""A search: generated runs of one subject in batches, until the budget is spent or enough is known."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Literal

from shaketable.boundary import Boundary
from shaketable.explore.budget import Budget, Meter, derive_seed
from shaketable.explore.generate.machine import generate, machine_for
from shaketable.explore.generate.settings import search_settings
from shaketable.explore.generate.sink import CountingSink
from shaketable.explore.judge.evidence import Evidence
from shaketable.explore.progress import OnProgress, Progress, ignore
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World

BATCH_RUNS = 250  # bounds what Hypothesis keeps of one search
_REPORT_EVERY_RUNS = 20


class Search(Evidence):
    """Evidence that knows when it is enough and reports how far it is.

    `enough` is asked before each run beside the meter; `sets` of servers make the runs, 0 where there are none.
    """

    def __init__(
        self,
        subject: Subject,
        meter: Meter,
        *,
        enough: Callable[[Evidence], bool],
        progress: OnProgress = ignore,
        sets: int = 0,
    ) -> None:
        super().__init__(subject, starts_max=meter.budget.starts)
        self.meter = meter
        self._enough = enough
        self._progress = progress
        self._sets = sets
        self._reported = 0

    def wants(self) -> bool:
        """Tell whether the budget and what is known so far allow another run."""
        return self.meter.may_search(self.runs, len(self.found)) and not self._enough(self)

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """Count one run; report every twentieth and every one that brought something new."""
        super().take(schedule, outcome)
        if self.runs % _REPORT_EVERY_RUNS == 1 or len(self.found) != self._reported:
            self._reported = len(self.found)
            self.report("searching")

    def report(self, stage: Literal["calibrating", "searching", "shrinking", "done"]) -> None:
        """Report how far this search is."""
        names = tuple(f"{promise}: {anomaly}" for promise, anomaly in sorted(self.found))
        self._progress(Progress(self.subject.name, stage, self.runs, names, self._sets))


def search(
    sink: CountingSink, world: World, boundaries: tuple[Boundary, ...], budget: Budget, seed: int
) -> None:
    """Generate runs into `sink` until it wants no more; each batch has its own seed."""
    machine = machine_for(sink.subject, world, sink, boundaries=boundaries)
    batch = 0
    while sink.wants():
        left = BATCH_RUNS
        if (
            budget.runs is not None and not world.traits.runs_are_expensive
        ):  # else not all that is drawn is run
            left = min(BATCH_RUNS, budget.runs - sink.runs)
        limits = search_settings(left, steps=budget.steps)
        runs_before = sink.runs
        generate(machine, seed=derive_seed(seed, sink.subject.name, batch), limits=limits)
        batch += 1
        gc.collect()  # what Hypothesis kept of this batch refers to itself, and little else here ever does
        if sink.runs == runs_before:
            return  # the machine cannot draw a single run
