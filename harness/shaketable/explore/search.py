"""A search: generated runs of one subject in batches, until the budget is spent or enough is known."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Literal

from shaketable.boundary import Boundary
from shaketable.certificate import Batch
from shaketable.explore.budget import Budget, Meter, derive_seed
from shaketable.explore.generate.drawing import draw_runs
from shaketable.explore.generate.interpreter import tuned_interpreter
from shaketable.explore.generate.machine import Machine, machine_for
from shaketable.explore.generate.run_sink import CountingSink
from shaketable.explore.judge.batch_record import BatchRecorder
from shaketable.explore.judge.evidence import Evidence
from shaketable.explore.progress import OnProgress, Progress, ignore
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World

BATCH_RUNS = 250  # so many are recorded, and made again, together
_REPORT_EVERY_RUNS = 20


class Search(Evidence):
    """Evidence that knows when it is enough and reports how far it is.

    `enough` is asked before each run beside the meter; `sets` of servers make the runs, 0 where there are none. `batches`
    is only kept if the search is to be `recorded`.
    """

    def __init__(
        self,
        subject: Subject,
        meter: Meter,
        *,
        enough: Callable[[Evidence], bool],
        progress: OnProgress = ignore,
        sets: int = 0,
        recorded: bool = False,
    ) -> None:
        super().__init__(subject, starts_max=meter.budget.starts)
        self.meter = meter
        self._enough = enough
        self._progress = progress
        self._sets = sets
        self._reported = 0
        self._recorder = BatchRecorder(self) if recorded else None

    @property
    def batches(self) -> tuple[Batch, ...]:
        """The record of the batches that were made in this process."""
        return () if self._recorder is None else self._recorder.batches

    def begin_batch(self, examples_max: int) -> None:
        """Open the record of the batch."""
        if self._recorder is not None:
            self._recorder.begin(examples_max)

    def end_batch(self, examples_max: int) -> None:
        """Record the batch."""
        if self._recorder is not None:
            self._recorder.end(examples_max)

    def wants(self) -> bool:
        """Tell whether the budget and what is known so far allow another run."""
        return self.meter.may_search(self.runs, len(self.found)) and not self._enough(self)

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """Count one run; report every twentieth and every one that brought something new."""
        super().take(schedule, outcome)
        if self._recorder is not None:
            self._recorder.take(outcome)
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
        runs_before = sink.runs
        make_batch(machine, seed, batch, left, steps=budget.steps)
        batch += 1
        if sink.runs == runs_before:
            return  # the machine cannot draw a single run


def make_batch(machine: type[Machine], seed: int, number: int, examples_max: int, *, steps: int) -> None:
    """Draw and run one batch of the search with this seed. It depends on nothing that was drawn before it."""
    name, sink = machine.subject.name, machine.sink
    recorded = sink if isinstance(sink, CountingSink) and machine.world.traits.repeatable else None
    if recorded is not None:
        recorded.begin_batch(examples_max)
    with (
        tuned_interpreter()
    ):  # which leaves out what was there before: in a program of many objects that is nearly all
        draw_runs(machine, seed=derive_seed(seed, name, number), runs=examples_max, steps=steps)
        if recorded is not None:
            recorded.end_batch(examples_max)
        gc.collect()  # what Hypothesis keeps of its examples refers to itself, and so do a few things of each run
