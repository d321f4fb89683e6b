"""What every law of rates answers, and how clocks that were set loosen it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shaketable_patterns.rate_limiter.takings import ClockSet, Taking


@dataclass(frozen=True, slots=True)
class Slack:
    """How far clocks that were set may have moved a limiter that goes by them; nothing for one that does not.

    `steps` are those that count, each worth `times` as much.
    """

    steps: tuple[ClockSet, ...] = ()
    times: int = 1
    both_ways: bool = False
    """True if a step back counts as one ahead too: then what a wrong limiter minted is explained."""

    def ahead_ms(self, start_ms: int, end_ms: int) -> int:
        """Return how much more time than passed may have been counted between two moments."""
        return self.times * sum(
            abs(step.delta_ms)
            for step in self.steps
            if start_ms <= step.time_ms <= end_ms and (step.delta_ms > 0 or self.both_ways)
        )

    def behind_ms(self, end_ms: int) -> int:
        """Return how much of the time before a moment may not have been counted: a clock that is behind another makes it wait."""
        return self.times * sum(abs(step.delta_ms) for step in self.steps if step.time_ms <= end_ms)

    def sets(self, start_ms: int, end_ms: int) -> int:
        """Return how often a clock was set between two moments."""
        return sum(start_ms <= step.time_ms <= end_ms for step in self.steps)


NO_SLACK = Slack()


class Law(Protocol):
    """How many calls a limiter admits. Both answers are sure ones: at the instant of a decision either is right."""

    def excess(self, takings: Sequence[Taking], slack: Slack) -> tuple[Taking, ...]:
        """Return takings that no correct limiter admits together, nothing if there are none; in the order of their completions."""
        ...

    def has_room(self, takings: Sequence[Taking], start_ms: int, end_ms: int, slack: Slack) -> bool:
        """Tell whether one more call surely is admitted, at whichever moment between these two it is decided.

        `takings` are all that may count; one that is later than `end_ms` counts too, as it may have come before.
        """
        ...
