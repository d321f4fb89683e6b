"""Drives one component step by step. How a call is carried, by a worker or by a task, is the subclass's part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeGuard

import msgspec

from shaketable.components.adapter import (
    A_co,
    AnyAdapter,
    Carrier,
    Listenable,
    ListenerFailed,
    Make,
    Observable,
    TimeWay,
)
from shaketable.components.call import Call, Ending
from shaketable.components.clock import VirtualClock
from shaketable.components.patches import Patches
from shaketable.components.recorder import Recorder
from shaketable.components.scheduler import Scheduler, WouldBlock
from shaketable.errors import InvalidCompletion, UsageError
from shaketable.fault import ClockStep, name_of
from shaketable.history import Json
from shaketable.schedule import Do, Heal, Inject, Step, Wait
from shaketable.subject import ComponentContext

PATIENCE_MS = 3_600_000
"""The time that `finish` lets pass for calls that sleep or wait with a time-out inside the component."""
_ROUNDS_MAX = 1_000
_STEPS = (
    'it knows start {"call": k}, finish {"call": k, "with": "ok", "fail" or "excluded"}, cancel {"call": k} and '
    'listener {"mode": "raising" or "quiet"}'
)
_ENDINGS: tuple[Ending, ...] = ("ok", "fail", "excluded")


class Driver(ABC):
    """One run of a component: a `shaketable.subject.ComponentRun`.

    Steps that do not apply (finish a call that is not inside its function, start one twice) do nothing, so that
    any part of a schedule is a schedule. Raises UsageError for a step that no component knows. `recovery` are the steps
    of the liveness phase.
    """

    adapter: AnyAdapter

    def __init__(
        self,
        context: ComponentContext,
        make: Make[A_co],
        way: TimeWay,
        recovery: tuple[Step, ...],
        carrier: Carrier = "greenlets",
    ) -> None:
        self.clock = VirtualClock()
        self.scheduler = Scheduler(self.clock, carrier)
        self.patches = Patches(self.clock, self.scheduler, way)
        self._recovery = recovery
        self._calls: dict[int, Call] = {}
        with self.patches:
            self.adapter = make(self.clock)
        self.patches.scan()
        self._observed: Observable | None = self.adapter if _offers(self.adapter, "state") else None
        self._listened: Listenable | None = self.adapter if _offers(self.adapter, "listen") else None
        self.recorder = Recorder(context.record, self.clock, _rejections(self.adapter))

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
                if isinstance(step, Do) and step.f in ("start", "listener"):
                    self._prepare()
                with self.patches:
                    self._apply(step)
            return
        with self.patches:
            for step in steps:
                self._apply(step)

    def _apply(self, step: Step) -> None:
        if step.__class__ is Do:
            self._do(step.f, step.value)
        else:
            match step:
                case Wait(ms=ms):
                    self._pass_time(self.clock.elapsed_ms + ms)
                case Inject(fault=ClockStep() as fault):
                    self._step_wall_clock(fault)
                case Inject(fault=fault):
                    raise UsageError(f"a component has no {name_of(fault)}: its one fault is clock_step")
                case Heal():
                    return
        self._observe()

    def finish(self) -> None:
        """Let every call in flight succeed; complete as blocked those that cannot end."""
        with self.patches:
            self._let_all_end()
            self._observe()
        for call in list(self.recorder.pending.values()):
            self.recorder.stuck(call)

    def recover(self) -> None:
        """Apply the steps of the liveness phase, then let the calls that they started end."""
        if self._recovery:
            self.apply_all(self._recovery)
            self.finish()

    def close(self) -> None:
        """Unwind the calls that still wait. Nothing is recorded any more."""
        if self.recorder.closed:
            return
        self.recorder.close()
        with self.patches:
            self._end()
        # Each of these refers back to the driver: cut the circles, so that the garbage collector finds nothing.
        self.patches.clear()
        self._calls.clear()
        self._observed = self._listened = None
        del self.adapter

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
    def _listen(self, adapter: Listenable, raising: bool) -> None: ...
    @abstractmethod
    def _pass_time(self, until_ms: int) -> None: ...
    @abstractmethod
    def _next_timer_ms(self) -> int | None: ...
    @abstractmethod
    def _end(self) -> None: ...

    # -- steps -------------------------------------------------------------------------------------------

    def _do(self, f: str, value: Json) -> None:
        given = value if isinstance(value, dict) else {}
        number = given.get("call")
        if f == "listener":
            mode = given.get("mode")
            if mode == "raising" or mode == "quiet":
                if self._listened is not None:
                    self._listen(self._listened, mode == "raising")
                return
        elif isinstance(number, int):
            call = self._calls.get(number)
            if f == "start":
                if call is None:
                    call = self._calls[number] = Call(number)
                    self.recorder.started(call)
                    self._start(call)
                return
            if f == "finish" and (how := given.get("with")) in _ENDINGS:
                if call is not None and call.inside:
                    call.ending = how
                    self._finish(call)
                return
            if f == "cancel":
                if call is not None and not call.done:
                    self._cancel(call)
                return
        raise UsageError(f"a component does not know the step {f} {value!r}: {_STEPS}")

    def _step_wall_clock(self, fault: ClockStep) -> None:
        index = self.recorder.write("fault", fault.service, name_of(fault), msgspec.to_builtins(fault))
        self.patches.shift_wall(fault.delta_ms)
        what = f"the wall clock stepped by {fault.delta_ms} ms, the monotonic clock did not"
        self.recorder.write(
            "receipt", fault.service, name_of(fault), {"what": what, "delta_ms": fault.delta_ms}, index
        )

    def _let_all_end(self) -> None:
        pending = self.recorder.pending
        for _ in range(_ROUNDS_MAX):
            inside = next((f for f in pending.values() if f.inside), None)
            if inside is not None:
                inside.ending = "ok"
                self._finish(inside)
                continue
            timer_ms = self._next_timer_ms() if pending else None
            if timer_ms is None or timer_ms > self.now_ms + PATIENCE_MS:
                return
            self._pass_time(timer_ms)

    def _observe(self) -> None:
        recorder = self.recorder
        trouble = self.scheduler.trouble or recorder.trouble
        if trouble is not None:
            raise trouble
        for call in recorder.pending.values():
            if not call.inside:
                recorder.blocked(call)
        if self._observed is not None:
            state = self._read_state(self._observed)
            if state is not None:
                recorder.write("state", "breaker", "state", state)

    def _read_state(self, observed: Observable) -> str | None:
        try:
            state = observed.state()
        except WouldBlock:  # a call in flight holds the lock that guards it: it cannot be read now
            return None
        if not isinstance(state, str):
            raise InvalidCompletion(f"{type(observed).__name__}.state() must return a word, got {state!r}")
        return state

    def _called_back(self, raising: bool) -> None:
        if raising:
            self.recorder.write("effect", "breaker", "listener_raised", {})
            raise ListenerFailed("a listener of the harness raised")


def _offers(adapter: AnyAdapter, method: str) -> TypeGuard[Any]:
    """Tell whether `adapter` has `method`; `isinstance` with a protocol would cost more, and this is asked in each run."""
    return callable(getattr(adapter, method, None))


def _rejections(adapter: AnyAdapter) -> tuple[type[BaseException], ...] | None:
    given: Json = getattr(adapter, "rejections", None)
    if given is None:
        return None
    if isinstance(given, tuple) and all(isinstance(t, type) and issubclass(t, BaseException) for t in given):
        return given
    raise InvalidCompletion(
        f"{type(adapter).__name__}.rejections must be a tuple of exception types, got {given!r}"
    )
