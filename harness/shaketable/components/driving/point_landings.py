"""What comes of faults of a component: at its fault points they are armed and land, a crash makes it anew, and the clock is set."""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from shaketable.components.calls.call import Call
from shaketable.components.calls.call_recorder import Recorder
from shaketable.components.clock import VirtualClock
from shaketable.components.driving.incarnation import Incarnation, Setup
from shaketable.components.interface.fault_points import FaultPoints, landed_words
from shaketable.components.interface.interface import Interface
from shaketable.components.scheduling.virtual_time_patches import Patches
from shaketable.errors import UsageError
from shaketable.fault import ClockStep, name_of
from shaketable.faults.points import AnyPointFault, point_fault_name
from shaketable.schedule import AtPoint


class PointLandings(ABC):
    """The part of a driver that deals with faults."""

    clock: VirtualClock
    component: Incarnation
    points: FaultPoints | None
    patches: Patches
    recorder: Recorder
    _interface: Interface
    _is_down: bool
    _setup: Setup

    @abstractmethod
    def _drop(self) -> None:
        """Let nothing that has begun run on: not even a `finally`."""

    def _arm(self, step: AtPoint) -> None:
        if self.points is None:
            raise UsageError(
                f"{self.component.name} has no fault point {step.point!r}: a factory that has some takes them as "
                "its parameter `points`"
            )
        fault = msgspec.to_builtins(step.fault) | {"call": step.call, "n": step.n}
        index = self.recorder.write("fault", step.point, point_fault_name(step.fault), fault)
        self.points.arm(step, index)

    def _land(self, point: str, call: Call | None) -> AnyPointFault | None:
        """Return the fault that happens now that `call`, or what runs beside the calls, is at `point`."""
        assert self.points is not None
        number = None if call is None else call.number
        armed = self.points.landing(point, number)
        if armed is None:
            return None
        fault = armed.step.fault
        receipt = {"what": landed_words(fault, point, number), "call": number}
        self.recorder.write("receipt", point, point_fault_name(fault), receipt, armed.index)
        return fault

    def _step_wall_clock(self, fault: ClockStep) -> None:
        index = self.recorder.write("fault", fault.service, name_of(fault), msgspec.to_builtins(fault))
        offsets_ms, whose = self.clock.node_offsets_ms, ""
        if fault.service in offsets_ms:
            offsets_ms[fault.service] += fault.delta_ms
            whose = f" of {fault.service}"
        else:
            self.patches.shift_wall(fault.delta_ms)
        what = f"the wall clock{whose} stepped by {fault.delta_ms} ms, the monotonic clock did not"
        receipt = {"what": what, "delta_ms": fault.delta_ms}
        self.recorder.write("receipt", fault.service, name_of(fault), receipt, index)

    def _crash(self) -> None:
        """Cut the power: what has begun never runs on, and the component is made anew within this step."""
        self.recorder.write("crash", self._interface.kind, "crash")
        for call in list(self.recorder.pending.values()):
            self.recorder.crashed(call)
        self._is_down = True
        self._drop()

    def _restart(self) -> None:
        self._is_down = False
        self.component = Incarnation(self._setup, self.clock, self.points)
        self.recorder.write("restart", self._interface.kind, "restart")
