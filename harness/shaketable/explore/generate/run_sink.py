"""The receiver of finished runs."""

from __future__ import annotations

from shaketable.runner import Outcome
from shaketable.schedule import Schedule, dumps
from shaketable.subject import Subject


class NoMoreRuns(BaseException):
    """The sink wants no more runs. Not an `Exception`, so that Hypothesis does not take it for a failing example."""


class Sink:
    """Receives every run of a machine. `failure` is an error of the harness itself, None if there was none."""

    failure: Exception | None = None

    def wants(self) -> bool:
        """Tell whether another run is wanted. Called before each run; False ends the search."""
        return True

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """Receive one finished run."""
        raise NotImplementedError

    def fail(self, schedule: Schedule, error: Exception) -> None:
        """Remember that a step or the judging raised: a fault of the harness or an adapter, never a finding."""
        error.add_note(f"in a generated run of this schedule: {dumps(schedule).decode()}")
        self.failure = error


class CountingSink(Sink):
    """A sink that counts the runs of `subject` it has received: each `take` has to add one to `runs`."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.runs = 0

    def begin_batch(self, examples_max: int) -> None:
        """Take note that a batch begins, for which `examples_max` schedules are drawn."""

    def end_batch(self, examples_max: int) -> None:
        """Take note that a batch, for which `examples_max` schedules were to be drawn, is over."""
