"""The rules that draw faults at the fault points of a component; a machine has them only if there are some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.component_calls import ComponentCalls
from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.places import PICK
from shaketable.faults.points import (
    POINT_FAULT_TYPES,
    AnyPointFault,
    PointCancel,
    PointCrash,
    PointDelay,
    PointFail,
    PointLoss,
)
from shaketable.schedule import AtPoint

_TIMES = (1, 1, 1, 2)
"""Mostly the first time that its point is reached: one call rarely reaches it twice."""
_AHEAD = 3
"""A fault is armed for a call in flight or for one of the next three."""


class PointFaultRules(ComponentCalls):
    """Rules that arm faults: for calls that may come, and for one that comes at once."""

    points: ClassVar[tuple[str, ...]] = ()
    point_faults: ClassVar[tuple[type[AnyPointFault], ...]] = POINT_FAULT_TYPES

    def __init__(self) -> None:
        super().__init__()
        self._faults = 0

    @precondition(lambda self: self._faults < self.fault_options.message_faults_max)
    @rule(pick=PICK)
    def fault_at_point(self, pick: int) -> None:
        """Arm a fault at a point that a fault-free run reaches."""
        self._faults += 1
        self.do(self.fault_at_a_point(pick))

    @precondition(lambda self: self._faults < self.fault_options.message_faults_max)
    @rule(pick=PICK, how=st.sampled_from(("", "ok", "fail", "cancelled")))
    def strike(self, pick: int, how: str) -> None:
        """Let a call begin that meets a fault on its way; unless `how` is empty it ends at once, or is cancelled there."""
        self._faults += 1
        fault = self.fault_at_a_point(pick)
        self.do(msgspec.structs.replace(fault, call=self._calls + 1))
        number = self.start_like_latest()
        if how:
            self.finish_call(number, how)

    def fault_at_a_point(self, pick: int) -> AtPoint:
        """Decode one drawn number into a fault: points, kinds and calls are equally likely."""
        pick, point = divmod(pick, len(self.points))
        pick, kind = divmod(pick, len(self.point_faults))
        pick, size = divmod(pick, 12)
        pick, time = divmod(pick, len(_TIMES))
        # Calls in flight, the next few, or whichever comes.
        calls = [*self._in_flight, *range(self._calls + 1, self._calls + 1 + _AHEAD), None]
        drawn = drawn_at_points(self.fault_options)[self.point_faults[kind]]
        return AtPoint(self.points[point], drawn[size % len(drawn)], calls[pick % len(calls)], _TIMES[time])


def drawn_at_points(options: FaultOptions) -> Mapping[type[AnyPointFault], Sequence[AnyPointFault]]:
    """Return what is drawn of each type of fault at a point."""
    return {
        PointFail: (PointFail(), PointFail(error="TimeoutError")),
        PointLoss: [PointLoss(timeout_ms=ms) for ms in options.holds_ms],
        PointDelay: [PointDelay(for_ms=ms) for ms in options.holds_ms],
        PointCancel: (PointCancel(),),
        PointCrash: (PointCrash(),),
    }
