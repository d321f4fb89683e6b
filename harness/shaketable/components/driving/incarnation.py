"""One incarnation of a component: the adapter as its factory built it, and what is read of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shaketable.components.calls.call_recorder import Recorder
from shaketable.components.clock import VirtualClock
from shaketable.components.interface.adapter import Carrier, TimeWay
from shaketable.components.interface.fault_points import FaultPoints
from shaketable.components.interface.interface import Callback, Interface, Reading
from shaketable.components.scheduling.scheduler import WouldBlock
from shaketable.errors import HarnessError, InvalidCompletion, cannot_be_made
from shaketable.history import Json
from shaketable.schedule import Step


@dataclass(frozen=True, slots=True)
class Setup:
    """How a component is made and driven; `recovery` are the steps of the liveness phase.

    If it `has_points`, its factory is given the fault points of the run.
    """

    make: Callable[..., object]
    interface: Interface
    time: TimeWay
    recovery: tuple[Step, ...] = ()
    carrier: Carrier = "greenlets"
    has_points: bool = False


class Incarnation:
    """A component from its making to its crash or to the end of the run; `methods` are those of the interface.

    Raises InvalidCompletion if its adapter lacks a method of the interface.
    """

    __slots__ = ("_accepted", "_kind", "_readings", "adapter", "methods")

    def __init__(self, setup: Setup, clock: VirtualClock, points: FaultPoints | None) -> None:
        make, interface = setup.make, setup.interface
        try:
            self.adapter: object = make(clock) if points is None else make(clock, points=points)
        except HarnessError:
            raise
        except (Exception, SystemExit) as error:
            raise cannot_be_made(f"the {interface.kind}", error) from error
        self._kind = interface.kind
        self._accepted: str | None = None
        self.methods: dict[str, Callable[..., object]] = {}
        for method in interface.methods:
            found = self.offered(method.name)
            if found is None:
                raise InvalidCompletion(
                    f"{self.name} has no method {method.name}, which every {self._kind} needs"
                )
            self.methods[method.name] = found
        self._readings: tuple[tuple[Reading, Callable[..., Json]], ...] = tuple(
            (reading, read)
            for reading in interface.readings
            if (read := self.offered(reading.method)) is not None
        )

    @property
    def name(self) -> str:
        """The type of the adapter, for messages."""
        return type(self.adapter).__name__

    def offered(self, method: str) -> Callable[..., Json] | None:
        """Return a method of the adapter, None if it has no such method."""
        found = getattr(self.adapter, method, None)
        return found if callable(found) else None

    def registering(self, callback: Callback) -> Callable[..., Json] | None:
        """Return the method that registers such a callback, None if the adapter takes none."""
        return self.offered(callback.method)

    @property
    def rejections(self) -> tuple[type[BaseException], ...] | None:
        """The exceptions that mean "refused", None if the adapter names none. Raises InvalidCompletion for other things."""
        given: Json = getattr(self.adapter, "rejections", None)
        if given is None:
            return None
        if isinstance(given, tuple) and all(
            isinstance(t, type) and issubclass(t, BaseException) for t in given
        ):
            return given
        raise InvalidCompletion(f"{self.name}.rejections must be a tuple of exception types, got {given!r}")

    def observe(self, recorder: Recorder) -> None:
        """Record each reading, unless a call in flight holds the lock that guards it."""
        for reading, read in self._readings:
            try:
                value = read()
            except WouldBlock:
                continue
            except HarnessError:
                raise
            except Exception as error:
                raise InvalidCompletion(
                    f"{self.name}.{reading.method}() must return {reading.shape}, and raised {type(error).__name__}: {error}"
                ) from error
            if value is None or value is not self._accepted:  # mostly it is the very word of the last time
                value = self._accept(reading, value)
            recorder.write("state", self._kind, reading.method, value)

    def _accept(self, reading: Reading, value: Json) -> Json:
        if not reading.accepts(value):
            raise InvalidCompletion(
                f"{self.name}.{reading.method}() must return {reading.shape}, got {value!r}"
            )
        if not isinstance(value, str):
            return msgspec.to_builtins(value)  # a copy: the adapter may change its own
        if len(self._readings) == 1:
            self._accepted = value
        return value
