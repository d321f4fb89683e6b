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
from shaketable.components.call import Flight, Leaving
from shaketable.components.clock import VirtualClock
from shaketable.components.patches import Stage
from shaketable.components.recorder import Journal
from shaketable.components.scheduler import Baton, WouldBlock
from shaketable.errors import InvalidCompletion, UsageError
from shaketable.fault import ClockStep, name_of
from shaketable.history import Json
from shaketable.schedule import Do, Heal, Inject, Step, Wait
from shaketable.subject import ComponentContext

PATIENCE_MS = 3_600_000
"""How long `finish` lets time pass for calls that sleep or wait with a time-out inside the component."""
_ROUNDS_MAX = 1_000
_STEPS = (
    'it knows start {"call": k}, finish {"call": k, "with": "ok", "fail" or "excluded"}, cancel {"call": k} and '
    'listener {"mode": "raising" or "quiet"}'
)
_LEAVINGS: tuple[Leaving, ...] = ("ok", "fail", "excluded")


class Drive(ABC):
    """A `shaketable.subject.ComponentRun`.

    Steps that do not apply (finish a call that is not inside its function, start one twice) do nothing, so that
    any part of a schedule is a schedule. UsageError for a step a component does not know.
    """

    adapter: AnyAdapter

    def __init__(
        self, context: ComponentContext, make: Make[A_co], way: TimeWay, carrier: Carrier = "greenlets"
    ) -> None:
        self.clock = VirtualClock()
        self.baton = Baton(self.clock, carrier)
        self.stage = Stage(self.clock, self.baton, way)
        self._flights: dict[int, Flight] = {}
        with self.stage:
            self.adapter = make(self.clock)
        self.stage.look()
        self._observed: Observable | None = self.adapter if _offers(self.adapter, "state") else None
        self._listened: Listenable | None = self.adapter if _offers(self.adapter, "listen") else None
        self.journal = Journal(context.record, self.clock, _rejections(self.adapter))

    @property
    def now_ms(self) -> int:
        return self.clock.elapsed_ms

    @property
    def quiet(self) -> bool:
        """Whether every call so far has ended, and none as blocked."""
        return not self.journal.pending and not self.journal.gave_up

    def apply(self, step: Step) -> None:
        """Apply one step; returns when every call waits or has ended."""
        self.apply_all((step,))

    def apply_all(self, steps: Sequence[Step]) -> None:
        """One after the other as `apply` does, at less cost: the stage is set once."""
        if self.baton.threaded:
            for step in steps:
                if isinstance(step, Do) and step.f in ("start", "listener"):
                    self._prepare()
                with self.stage:
                    self._apply(step)
            return
        with self.stage:
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
        self._look_around()

    def finish(self) -> None:
        """Let every call in flight succeed; those that cannot end are completed as blocked."""
        with self.stage:
            self._let_all_end()
            self._look_around()
        for flight in list(self.journal.pending.values()):
            self.journal.stuck(flight)

    def recover(self, steps: tuple[Step, ...]) -> None:
        """Apply the steps of the liveness phase, then let what they started end."""
        self.apply_all(steps)
        self.finish()

    def close(self) -> None:
        """Unwind what still waits. Nothing is recorded any more."""
        if self.journal.closed:
            return
        self.journal.close()
        with self.stage:
            self._end()
        # Nobody needs them any more, and each knows the drive again: nothing is left for the garbage collector.
        self.stage.strike()
        self._flights.clear()
        self._observed = self._listened = None
        del self.adapter

    # -- how a call is carried -------------------------------------------------------------------------

    @abstractmethod
    def _prepare(self) -> None:
        """Before the stage is set for a step that may need a thread."""

    @abstractmethod
    def _start(self, flight: Flight) -> None: ...
    @abstractmethod
    def _finish(self, flight: Flight) -> None: ...
    @abstractmethod
    def _cancel(self, flight: Flight) -> None: ...
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
            flight = self._flights.get(number)
            if f == "start":
                if flight is None:
                    flight = self._flights[number] = Flight(number)
                    self.journal.started(flight)
                    self._start(flight)
                return
            if f == "finish" and (how := given.get("with")) in _LEAVINGS:
                if flight is not None and flight.inside:
                    flight.leaving = how
                    self._finish(flight)
                return
            if f == "cancel":
                if flight is not None and not flight.done:
                    self._cancel(flight)
                return
        raise UsageError(f"a component does not know the step {f} {value!r}: {_STEPS}")

    def _step_wall_clock(self, fault: ClockStep) -> None:
        index = self.journal.write("fault", fault.service, name_of(fault), msgspec.to_builtins(fault))
        self.stage.shift_wall(fault.delta_ms)
        what = f"the wall clock stepped by {fault.delta_ms} ms, the monotonic clock did not"
        self.journal.write(
            "receipt", fault.service, name_of(fault), {"what": what, "delta_ms": fault.delta_ms}, index
        )

    def _let_all_end(self) -> None:
        pending = self.journal.pending
        for _ in range(_ROUNDS_MAX):
            inside = next((f for f in pending.values() if f.inside), None)
            if inside is not None:
                inside.leaving = "ok"
                self._finish(inside)
                continue
            timer_ms = self._next_timer_ms() if pending else None
            if timer_ms is None or timer_ms > self.now_ms + PATIENCE_MS:
                return
            self._pass_time(timer_ms)

    def _look_around(self) -> None:
        journal = self.journal
        trouble = self.baton.trouble or journal.trouble
        if trouble is not None:
            raise trouble
        for flight in journal.pending.values():
            if not flight.inside:
                journal.blocked(flight)
        if self._observed is not None:
            state = self._read_state(self._observed)
            if state is not None:
                journal.write("state", "breaker", "state", state)

    def _read_state(self, observed: Observable) -> str | None:
        try:
            state = observed.state()
        except WouldBlock:  # a call in flight holds the lock that guards it: nobody can look now
            return None
        if not isinstance(state, str):
            raise InvalidCompletion(f"{type(observed).__name__}.state() must return a word, got {state!r}")
        return state

    def _called_back(self, raising: bool) -> None:
        if raising:
            self.journal.write("effect", "breaker", "listener_raised", {})
            raise ListenerFailed("a listener of the harness raised")


def _offers(adapter: AnyAdapter, method: str) -> TypeGuard[Any]:
    """What `isinstance` with a protocol would ask, asked once a run and so without its price."""
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
