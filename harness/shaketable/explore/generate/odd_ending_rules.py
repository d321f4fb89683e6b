"""The rule by which functions end oddly: with results that are false, and exceptions that are taken for something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from shaketable.explore.generate.component_calls import ComponentCalls, Shares
from shaketable.history import Json

ODD_SHARE = 8


class OddEndingRules(ComponentCalls):
    """One run of eight ends every function oddly; a machine has such runs if its kind names `odd_endings`."""

    odd_endings: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each plain ending those that may stand for it."""

    def __init__(self) -> None:
        super().__init__()
        self._is_odd = False

    def decide(self, shares: Shares) -> None:
        """Decide whether this run ends its functions oddly."""
        super().decide(shares)
        self._is_odd = not shares.below(ODD_SHARE)

    def finish_call(self, number: int, how: str, **more: Json) -> None:
        """End a call, by turns in each of the odd ways that there are."""
        if self._is_odd and (odd := self.odd_endings.get(how)):
            how = odd[number % len(odd)]
        super().finish_call(number, how, **more)
