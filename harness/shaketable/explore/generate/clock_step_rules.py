"""The rules that set the wall clock, which the monotonic one does not follow; a machine has them if its kind `steps_clock`."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.component_calls import ComponentCalls, Shares
from shaketable.fault import ClockStep
from shaketable.history import Json
from shaketable.schedule import Inject

CLOCK_STEPS_MS = (-3_600_000, -60_000, -1_000, 1_000, 60_000, 3_600_000)
"""By how much the wall clock is set: back first, for that is what keeps a wait from ending."""
CLOCK_STEPS_MAX = 2
SWINGS_MS = (3_600_000, -3_600_000)
"""How far the wall clock is away while a call runs, in a run in which it swings back and forth."""
_SWING_SHARE = 24


class ClockStepRules(ComponentCalls):
    """Rules by which the wall clock is set: now and then in one run of three, with every call in one of twelve."""

    def __init__(self) -> None:
        super().__init__()
        self._clock_steps_left = 0
        self._swing_ms = 0

    def decide(self, shares: Shares) -> None:
        """Decide whether this run sets the clock, and whether it swings."""
        super().decide(shares)
        self._clock_steps_left = 0 if shares.below(3) else CLOCK_STEPS_MAX
        swing = shares.below(_SWING_SHARE)
        self._swing_ms = SWINGS_MS[swing] if swing < len(SWINGS_MS) else 0

    @precondition(lambda self: self._clock_steps_left)
    @rule(delta_ms=st.sampled_from(CLOCK_STEPS_MS))
    def set_clock(self, delta_ms: int) -> None:
        """Set the wall clock."""
        self._clock_steps_left -= 1
        self._step_clock(delta_ms)

    def finish_call(self, number: int, how: str, **more: Json) -> None:
        """End a call; where the clock swings, while it is away."""
        swings = self._swing_ms and "with_next" not in more
        if swings:
            self._step_clock(self._swing_ms)
        super().finish_call(number, how, **more)
        if swings:
            self._step_clock(-self._swing_ms)

    def _step_clock(self, delta_ms: int) -> None:
        self.do(Inject(ClockStep(service="component", delta_ms=delta_ms)))
