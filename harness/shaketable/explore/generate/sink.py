"""Where finished runs go."""

from __future__ import annotations

from shaketable.runner import Outcome
from shaketable.schedule import Schedule, dumps
from shaketable.subject import Subject


class Enough(BaseException):
    """The sink wants no more runs. Not an `Exception`, so that Hypothesis takes it for no finding."""


class Sink:
    """Takes every run of a machine. `failure` is what went wrong with the harness itself, if anything did."""

    failure: Exception | None = None

    def wants(self) -> bool:
        """Asked before each run; False ends the search."""
        return True

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        """One finished run."""
        raise NotImplementedError

    def fail(self, schedule: Schedule, error: Exception) -> None:
        """A step or the judging raised: a fault of the harness or an adapter, never a finding."""
        error.add_note(f"in a generated run of this schedule: {dumps(schedule).decode()}")
        self.failure = error


class CountingSink(Sink):
    """Knows how many runs of `subject` it took."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.runs = 0
