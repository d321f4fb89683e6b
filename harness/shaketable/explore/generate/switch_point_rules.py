"""The rules that stop calls between two lines; a machine has them only for calls on threads."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.component_calls import ComponentCalls, Shares

STOPS_MAX = 3
"""Calls that are stopped between two lines, in one run: tracing them is dear, and two threads show most races."""
LINES_MAX = 40
"""A call is stopped before one of the first lines that it runs: a component decides in fewer."""


class SwitchPointRules(ComponentCalls):
    """Rules that stop calls between two lines; one run in three has such calls at all."""

    def __init__(self) -> None:
        super().__init__()
        self._stops_left = 0
        self._stopped: list[int] = []

    def decide(self, shares: Shares) -> None:
        """Decide whether this run stops any call."""
        super().decide(shares)
        self._stops_left = 0 if shares.below(3) else STOPS_MAX

    @precondition(lambda self: self._stops_left)
    @rule(
        line=st.integers(1, LINES_MAX),
        others=st.integers(1, 2),
        how=st.sampled_from(("on", "ok", "fail", "later")),
        ends=st.sampled_from(("", "", "ok", "fail", "fail")),
    )
    def race(self, line: int, others: int, how: str, ends: str) -> None:
        """Stop a call between two lines while others begin, and perhaps end, then let it run on.

        `ends`: its function ends so at once, and it is stopped behind that, unless it was stopped before.
        """
        self._stops_left -= 1
        first = self.start_like_latest(stop_at=line)
        if ends:
            self.finish_call(first, ends)
        begun = [self.start_like_latest() for _ in range(others)]
        if how in ("ok", "fail"):
            for number in begun:
                self.finish_call(number, how)
        if how == "later":
            self._stopped.append(first)
        else:
            self.let_go_on(first)

    @precondition(lambda self: self._stopped)
    @rule()
    def run_on(self) -> None:
        """Let a call run on that was stopped some time ago."""
        self.let_go_on(self._stopped.pop(0))
