"""The rules by which calls begin or end in one turn; a machine has them if its kind `takes_turns`.

Tasks begin in one turn of the loop, without one of them running further than its first await before the next begins. Calls
on workers take turns at every lock of the component, and on threads, in some runs, at every line of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.component_calls import ComponentCalls, Shares
from shaketable.history import Json

TURNS_MAX = 2
_ENDINGS = ("ok", "fail", "fail", "cancelled")
_TURN_SHARE = 5
"""A run with turns takes twice as long to judge, and shows less: its calls may have been decided in any order."""
_IN_FLIGHT_MAX = 5
"""Calls begin in one turn only up to so many in flight: there are many orders in which they may have been decided."""


class TurnRules(ComponentCalls):
    """Rules by which calls begin and end in one turn; one run in five has such turns at all."""

    def __init__(self) -> None:
        super().__init__()
        self._turns_left = 0
        self._by_line = False

    def decide(self, shares: Shares) -> None:
        """Decide whether calls of this run happen in one turn, and whether threads are switched at every line then."""
        super().decide(shares)
        self._turns_left = 0 if shares.below(_TURN_SHARE) else TURNS_MAX
        self._by_line = bool(shares.below(2)) and self.on_threads

    @precondition(lambda self: self._turns_left and len(self._in_flight) < _IN_FLIGHT_MAX)
    @rule(
        count=st.integers(2, 3),
        first=st.sampled_from(("", *_ENDINGS)),
        others=st.sampled_from(_ENDINGS),
        back=st.booleans(),
    )
    def at_once(self, count: int, first: str, others: str, back: bool) -> None:
        """Let calls begin in one turn, and unless `first` is empty end in one too, in this order or the other."""
        self._turns_left -= 1
        begun = [self.start_like_latest(**self._beside(place, count)) for place in range(count)]
        if first:
            self._end_at_once(begun[::-1] if back else begun, first, others)

    @precondition(lambda self: self._turns_left and len(self._in_flight) > 1)
    @rule(
        place=st.integers(0, _IN_FLIGHT_MAX),
        first=st.sampled_from(_ENDINGS),
        others=st.sampled_from(_ENDINGS),
    )
    def end_at_once(self, place: int, first: str, others: str) -> None:
        """Let up to three calls that are in flight end in one turn."""
        self._turns_left -= 1
        place %= len(self._in_flight)
        self._end_at_once((self._in_flight[place:] + self._in_flight[:place])[:3], first, others)

    def _end_at_once(self, numbers: Sequence[int], first: str, others: str) -> None:
        for place, number in enumerate(numbers):
            self.finish_call(number, others if place else first, **self._beside(place, len(numbers)))

    def _beside(self, place: int, count: int) -> dict[str, Json]:
        """Return what the step of one of `count` calls says, so that all of them happen in one turn."""
        beside: dict[str, Json] = {"with_next": True} if place < count - 1 else {}
        return beside | {"lines": True} if self._by_line else beside
