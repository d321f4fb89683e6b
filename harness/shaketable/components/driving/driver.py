"""Drives one component step by step. How a call is carried, by a worker or by a task, is the subclass's part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shaketable.components.calls.call import NO_ARGUMENTS, Call
from shaketable.components.calls.call_recorder import Recorder
from shaketable.components.clock import VirtualClock
from shaketable.components.driving.incarnation import Incarnation, Setup
from shaketable.components.driving.ordered_steps import OrderedSteps
from shaketable.components.driving.point_landings import PointLandings
from shaketable.components.interface.fault_points import FaultPoints
from shaketable.components.interface.interface import Callback
from shaketable.components.scheduling.call_order import CallOrder
from shaketable.components.scheduling.scheduler import Scheduler
from shaketable.components.scheduling.virtual_time_patches import Patches
from shaketable.errors import UsageError
from shaketable.fault import ClockStep, name_of
from shaketable.history import Json
from shaketable.schedule import AtPoint, Do, Heal, Inject, Step, Wait
from shaketable.subject import ComponentContext

PATIENCE_MS = 3_600_000
"""The time that `finish` lets pass for calls that sleep or wait with a time-out inside the component."""
_ROUND_TRIP_MS = 1_000
"""The recovery waits so long for a component that asks a store before it lets a call in."""
_ROUNDS_MAX = 1_000


class Driver(OrderedSteps, PointLandings, ABC):
    """One run of a component: a `shaketable.subject.ComponentRun`.

    Steps that do not apply (finish a call that is not inside its function, start one twice) do nothing, so that
    any part of a schedule is a schedule. Raises UsageError for a step that the component does not know.
    """

    def __init__(self, context: ComponentContext, setup: Setup) -> None:
        self.clock = VirtualClock()
        self.scheduler = Scheduler(self.clock, setup.carrier)
        self.patches = Patches(self.clock, self.scheduler, setup.time)
        self.points = FaultPoints(self._reach) if setup.has_points else None
        self._setup = setup
        self._interface = interface = setup.interface
        self._calls: dict[int, Call] = {}
        self.decided = None if context.orders is None else CallOrder(context.orders, interface.kind)
        self._begin_orders()
        self._method, self._ending = interface.methods[0], interface.endings[0]
        self._endings = interface.endings_by_name
        self._turn: list[Call] = []  # calls of which a step is to happen in one turn with the next one
        self._is_down = False
        with self.patches:
            self.component = Incarnation(setup, self.clock, self.points)
        self.patches.scan()  # building it may have imported modules
        self.recorder = Recorder(context.record, self.clock, self.component.rejections)

    @property
    def now_ms(self) -> int:
        return self.clock.elapsed_ms

    @property
    def quiet(self) -> bool:
        """True when every call so far has ended, and none as blocked."""
        return not self.recorder.pending and not self.recorder.gave_up

    def apply(self, step: Step) -> None:
        """Apply one step; return when every call waits or has ended."""
        self.apply_all((step,))

    def apply_all(self, steps: Sequence[Step]) -> None:
        """Apply them in turn as `apply` does, at less cost: without threads the patches are applied once."""
        if self.scheduler.threaded:
            for step in steps:
                if isinstance(step, Do) and (
                    step.f == "start" or step.f in self._interface.callbacks_by_name
                ):
                    self._prepare()
                with self.patches:
                    self._apply(step)
            return
        with self.patches:
            for step in steps:
                self._apply(step)

    def _apply(self, step: Step) -> None:
        if self.order is not None:
            self._let_go_first(self.order, step)
        if step.__class__ is Do:
            self._do(step.f, step.value)
            if self._turn or self.order is not None:
                return
        else:
            if self._turn:
                self._take_turn()
            match step:
                case Wait(ms=ms):
                    self._pass_time(self.clock.elapsed_ms + ms)
                case Inject(fault=ClockStep() as fault):
                    self._step_wall_clock(fault)
                case Inject(fault=fault):
                    raise UsageError(
                        f"a component has no {name_of(fault)}: its faults are clock_step and those at its fault points"
                    )
                case AtPoint():
                    self._arm(step)
                case Heal():
                    if self.points is not None:
                        self.points.disarm()
                    return
        self._observe()

    def finish(self) -> None:
        """Disarm what waits for its point and let every call in flight succeed; complete as blocked what cannot end."""
        if self.points is not None:
            self.points.disarm()
        with self.patches:
            self._take_turn()
            self._end_orders()
            self._let_all_end()
            self._observe()
        for call in list(self.recorder.pending.values()):
            self.recorder.stuck(call)

    def recover(self) -> None:
        """Apply the steps of the liveness phase, then let the calls that they started end."""
        if self.recorder.has_blocked:
            for step in self._setup.recovery:
                if isinstance(step, Do) and step.f == "finish" and isinstance(step.value, dict):
                    self._let_in(self._calls[step.value["call"]])
                self.apply(step)
        else:
            self.apply_all(self._setup.recovery)
        if self._setup.recovery:
            self.finish()

    def _let_in(self, call: Call) -> None:
        """Let time pass until `call` is in its function: its component may be a round trip away."""
        until_ms = self.now_ms + _ROUND_TRIP_MS
        while not (call.inside or call.done):
            if (timer_ms := self._next_timer_ms()) is None or timer_ms > until_ms:
                return
            self.apply(Wait(max(0, timer_ms - self.now_ms)))

    def close(self) -> None:
        """Unwind the calls that still wait. Nothing is recorded any more."""
        if self.recorder.closed:
            return
        self.recorder.close()
        if self.points is not None:
            self.points.close()
        with self.patches:
            self._end()
        if self.decided is not None:
            self.decided.close()
        # Each of these refers back to the driver: cut the circles, so that the garbage collector finds nothing.
        self.patches.clear()
        self._calls.clear()
        del self.component

    # -- how a call is carried -------------------------------------------------------------------------

    @abstractmethod
    def _prepare(self) -> None:
        """Do what a step that may need a thread needs before the patches are applied."""

    @abstractmethod
    def _start(self, call: Call) -> None: ...
    @abstractmethod
    def _finish(self, call: Call) -> None: ...
    @abstractmethod
    def _cancel(self, call: Call) -> None: ...
    @abstractmethod
    def _go_on(self, call: Call) -> None:
        """Let a call run on that was stopped between two lines; only sync calls on threads can be."""

    @abstractmethod
    def _listen(self, listen: Callable[..., None], callback: Callable[[], None]) -> None: ...
    @abstractmethod
    def _pass_time(self, until_ms: int) -> None: ...
    @abstractmethod
    def _next_timer_ms(self) -> int | None: ...
    @abstractmethod
    def _reach(self, point: str) -> Awaitable[None] | None:
        """Do what the faults that are armed at `point` say, to what is running now."""

    @abstractmethod
    def _end(self) -> None: ...

    # -- steps -------------------------------------------------------------------------------------------

    def _do(self, f: str, value: Json) -> None:
        given = value if isinstance(value, dict) else {}
        number = given.get("call")
        if isinstance(number, int):
            call = self._calls.get(number)
            with_next = given.get("with_next") is True and self.order is None
            if f == "start":
                if call is None:
                    method, arguments = self._method, NO_ARGUMENTS
                    if len(given) > 1 or method.arguments:
                        method, arguments = self._interface.asked_for(given)
                    call = self._calls[number] = Call(number, method, arguments, self._ending)
                    call.stop_at = int(given.get("stop_at", 0)) if self.order is None else 0
                    if with_next or self._turn:
                        self._join_turn(call, given)
                    self.recorder.started(call)
                    self._start(call)
                if not with_next:
                    self._take_turn()
                return
            if f == "finish" and (how := given.get("with")).__class__ is str and how in self._endings:
                if call is not None and call.inside and not call.overlaps:
                    call.ending = self._endings[how]
                    if with_next or self._turn:
                        self._join_turn(call, given)
                    self._finish(call)
                if not with_next:
                    self._take_turn()
                return
            if f == "go_on":
                self._take_turn()
                if call is not None:
                    self._go_on(call)
                return
            if f == "cancel":
                if call is not None and not call.done and not call.overlaps:
                    if with_next or self._turn:
                        self._join_turn(call, given)
                        if not call.inside:
                            self.recorder.overlaps(call)
                    self._cancel(call)
                if not with_next:
                    self._take_turn()
                return
        elif (callback := self._interface.callbacks_by_name.get(f)) and given.get("mode") in (
            "raising",
            "quiet",
        ):
            self._take_turn()
            self._register(callback, given["mode"] == "raising")
            return
        raise UsageError(f"a component does not know the step {f} {value!r}: {self._interface.steps}")

    def _join_turn(self, call: Call, given: Mapping[str, Json]) -> None:
        call.overlaps = True
        call.lines = given.get("lines") is True
        self._turn.append(call)

    def _take_turn(self) -> None:
        """Run all that the last steps left to happen together, or the last step alone; where orders are decided, nothing yet."""
        if self.order is not None:
            return
        turn, self._turn = self._turn, []
        self._run(together=len(turn) > 1)
        for call in turn:
            call.overlaps = call.lines = False

    def _register(self, callback: Callback, raising: bool) -> None:
        listen = self.component.registering(callback)
        if listen is not None:
            self._listen(
                listen, self.recorder.raising(self._interface.kind, callback.name) if raising else _quiet
            )

    def _let_all_end(self) -> None:
        pending = self.recorder.pending
        for _ in range(_ROUNDS_MAX):
            stopped = next((f for f in pending.values() if f.stopped is not None), None)
            if stopped is not None:
                self._go_on(stopped)
                continue
            inside = next((f for f in pending.values() if f.inside), None)
            if inside is not None:
                inside.ending = self._ending
                self._finish(inside)
                self._run(together=False)
                continue
            timer_ms = self._next_timer_ms() if pending else None
            if timer_ms is None or timer_ms > self.now_ms + PATIENCE_MS:
                return
            self._pass_time(timer_ms)

    def _observe(self) -> None:
        recorder = self.recorder
        if self._is_down:
            self._restart()
        trouble = self.scheduler.trouble or recorder.trouble
        if trouble is not None:
            raise trouble
        for call in recorder.pending.values():
            if not call.inside and not call.at_point and call.stopped is None and not call.stands:
                recorder.blocked(call)
        self.component.observe(recorder)


def _quiet() -> None: ...
