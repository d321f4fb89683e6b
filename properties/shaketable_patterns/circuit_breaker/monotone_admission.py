"""CB-6: turning a success into a failure never admits more.

Every breaker that matches the model is monotone, because the model is (a unit test enumerates it). What a history
itself can show is two eras that began alike: one opened after some outcomes, the other had a failure wherever the
first had one, and more, and did not open.
"""

from __future__ import annotations

from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.diagnosis.diagnosis import Diagnosis
from shaketable_patterns.circuit_breaker.promises import CB_6
from shaketable_patterns.circuit_breaker.states import CLOSED, OPEN, Era

_LOOK_BACK = 16
"""The number of opened eras that each is compared with: enough for any generated run, linear for a long one."""


class Monotone:
    """The comparison of a history's eras; `exercised` counts pairs of which the one with more failures opened no later."""

    __slots__ = ("exercised", "findings")

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.exercised = 0
        self.findings: tuple[Finding, ...] = ()
        opened = _opened(diagnosis.run.model.eras)
        for clash in diagnosis.unopened:
            *before, stayed = _opened(clash.model.eras)
            self.findings = self.findings or _compare(stayed, before, clash.record.at)
        for place, era in enumerate(opened):
            for other in opened[max(0, place - _LOOK_BACK) : place]:
                self.exercised += _worse(era, other) or _worse(other, era)


def _opened(eras: list[Era]) -> list[Era]:
    return [era for era in eras if era.next_state == OPEN]


def _compare(stayed: Era, opened: list[Era], admitted: int) -> tuple[Finding, ...]:
    """Compare the era that should have opened and did not with those that did after fewer failures."""
    for other in reversed(opened[-_LOOK_BACK:]):
        if len(stayed.outcomes) == len(other.outcomes) and _worse(stayed, other):
            state = "closed" if stayed.state == CLOSED else "half-open"
            told = f"{state}, it opened after {other.outcomes} and not after {stayed.outcomes}, which has more failures"
            return (Finding(CB_6.id, "more-failures-admitted-more", told, (other.at, stayed.at, admitted)),)
    return ()


def _worse(era: Era, other: Era) -> bool:
    """Tell whether `era` began as `other` did but for more failures."""
    if era.state != other.state or len(era.outcomes) > len(other.outcomes):
        return False
    begun = other.outcomes[: len(era.outcomes)]
    more = all(a == "x" or b == "." for a, b in zip(era.outcomes, begun, strict=True))
    return more and era.outcomes != begun
