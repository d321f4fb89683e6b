"""The base of the machines of components: calls in flight together, ended or cancelled in any order, and fault points.

A rule draws over the calls that the machine itself started, never over an answer. Hypothesis sorts rules by name:
another name draws other schedules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.fault import ClockStep
from shaketable.faults.points import (
    POINT_FAULT_TYPES,
    AnyPointFault,
    PointCancel,
    PointCrash,
    PointDelay,
    PointFail,
    PointLoss,
)
from shaketable.history import Json
from shaketable.schedule import AtPoint, Do, Inject, Wait

_TIMES = (1, 1, 1, 2)
"""Mostly the first time that its point is reached: one call rarely reaches it twice."""
_AHEAD = 3
"""A fault is armed for a call in flight or for one of the next three."""


class ComponentMachine(Machine):
    """Base of the machines of components: derive from it and add a few coarse rules over these calls.

    `points` are the fault points that the subject's fault-free workload reaches; if there are some, a rule is added that
    draws faults at them. A kind whose checkers cannot judge some of these faults leaves them out of `point_faults`.
    """

    points: ClassVar[tuple[str, ...]] = ()
    point_faults: ClassVar[tuple[type[AnyPointFault], ...]] = POINT_FAULT_TYPES
    steps_clock: ClassVar[bool] = False
    """True if the wall clock is set now and then: for components that may read it, and checkers that know of it."""
    on_threads: ClassVar[bool] = False
    """True if its calls run on threads, which can be switched between two lines, and its checkers know of such stops."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0
        self._in_flight: list[int] = []

    @classmethod
    def with_points(cls, points: Sequence[str]) -> type[Machine]:
        """See `Machine.with_points`."""
        machine = cls._with_rules()
        if not points or not cls.point_faults:
            return machine
        named = {"__doc__": cls.__doc__, "points": tuple(dict.fromkeys(points))}
        return type(cls.__name__, (PointFaultRule, machine), named)

    @classmethod
    def _with_rules(cls) -> type[Machine]:
        """Return the machine with the rules that it asks for: it steps the clock, it stops calls between two lines."""
        rules: list[type[Machine]] = []
        if cls.steps_clock:
            rules.append(ClockStepRule)
        if cls.on_threads:
            rules.append(SwitchPointRules)
        return type(cls.__name__, (*rules, cls), {"__doc__": cls.__doc__}) if rules else cls

    def start_call(self, **start: Json) -> int:
        """Begin the next call and return its number; `start` are its arguments, and `method` where there are several."""
        self._calls += 1
        self._in_flight.append(self._calls)
        self.do(Do("start", {"call": self._calls, **start}))
        return self._calls

    def let_go_on(self, number: int) -> None:
        """Let a call run on that was stopped between two lines."""
        self.do(Do("go_on", {"call": number}))

    def finish_call(self, number: int, how: str) -> None:
        """Let the protected function of a call end, or cancel the call; nothing happens if the call was rejected."""
        self._in_flight.remove(number)
        if how == "cancelled":
            self.do(Do("cancel", {"call": number}))
        else:
            self.do(Do("finish", {"call": number, "with": how}))

    def row(self, count: int, how: str, took_ms: int = 0) -> None:
        """Make calls one after the other, each taking `took_ms`."""
        for _ in range(count):
            number = self.start_call()
            if took_ms:
                self.do(Wait(took_ms))
            self.finish_call(number, how)

    def pick(self, place: int) -> int:
        """Return one of the calls that this machine started and did not end."""
        return self._in_flight[place % len(self._in_flight)]

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


CLOCK_STEPS_MS = (-3_600_000, -60_000, -1_000, 1_000, 60_000, 3_600_000)
"""By how much the wall clock is set: back first, for that is what keeps a wait from ending."""
CLOCK_STEPS_MAX = 2


class ClockStepRule(ComponentMachine):
    """The rule that sets the wall clock; a machine has it if its kind `steps_clock`."""

    def __init__(self) -> None:
        super().__init__()
        self._clock_steps_left = 0

    @initialize(share=st.integers(0, 2))
    def clock_steps(self, share: int) -> None:
        """Decide whether this run sets the clock: one in three does."""
        self._clock_steps_left = 0 if share else CLOCK_STEPS_MAX

    @precondition(lambda self: self._clock_steps_left)
    @rule(delta_ms=st.sampled_from(CLOCK_STEPS_MS))
    def set_clock(self, delta_ms: int) -> None:
        """Set the wall clock, which the monotonic one does not follow."""
        self._clock_steps_left -= 1
        self.do(Inject(ClockStep(service="component", delta_ms=delta_ms)))


STOPS_MAX = 3
"""Calls that are stopped between two lines, in one run: tracing them is dear, and two threads show most races."""
LINES_MAX = 40
"""A call is stopped before one of the first lines that it runs: a component decides in fewer."""


class SwitchPointRules(ComponentMachine):
    """The rules that stop calls between two lines; a machine has them only for calls on threads.

    One run in three has such calls at all.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stops_left = 0
        self._stopped: list[int] = []

    @initialize(share=st.integers(0, 2))
    def switch_points(self, share: int) -> None:
        """Decide whether this run stops any call."""
        self._stops_left = 0 if share else STOPS_MAX

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
        first = self.start_call(stop_at=line)
        if ends:
            self.finish_call(first, ends)
        begun = [self.start_call() for _ in range(others)]
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


class PointFaultRule(ComponentMachine):
    """The rule that draws faults at the points of a component; a machine has it only if there are some."""

    def __init__(self) -> None:
        super().__init__()
        self._faults = 0

    @precondition(lambda self: self._faults < self.fault_options.message_faults_max)
    @rule(pick=PICK)
    def fault_at_point(self, pick: int) -> None:
        """Arm a fault at a point that a fault-free run reaches."""
        self._faults += 1
        self.do(self.fault_at_a_point(pick))
