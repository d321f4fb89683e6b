"""Writes what calls do, in the event vocabulary of components, and gives each call exactly one completion."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shaketable.components.calls.call import Call
from shaketable.components.clock import VirtualClock
from shaketable.components.interface.adapter import Cancelled, ListenerFailed
from shaketable.components.interface.interface import Ending
from shaketable.errors import HarnessError
from shaketable.history import Json

Record = Callable[..., int]


class Recorder:
    """The only writer of a component's history. Once closed it ignores everything: the run is over.

    `pending` are the calls without a completion, by number; `has_blocked` is true once one was seen waiting; `gave_up` once a call was completed as blocked for
    ever; `trouble` is an error of the harness that surfaced through a call.
    """

    __slots__ = ("_clock", "_record", "_rejections", "closed", "gave_up", "has_blocked", "pending", "trouble")

    def __init__(
        self, record: Record, clock: VirtualClock, rejections: tuple[type[BaseException], ...] | None
    ) -> None:
        self._record = record
        self._clock = clock
        self._rejections = rejections
        self.closed = False
        self.pending: dict[int, Call] = {}
        self.gave_up = False
        self.has_blocked = False
        self.trouble: HarnessError | None = None

    def write(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        if self.closed:
            return -1
        return self._record(self._clock.elapsed_ms, kind, process, name, value, ref)

    def close(self) -> None:
        """Write nothing from now on and drop the history, even if an abandoned call still refers to this recorder."""
        self.closed = True
        self._record = _discard

    def started(self, call: Call) -> None:
        self.pending[call.number] = call
        value = {"call": call.number, **call.arguments} if call.arguments else {"call": call.number}
        call.invoked = self.write("invoke", call.process, call.method.name, value)
        if call.overlaps:
            self.overlaps(call)

    def entered(self, call: Call) -> None:
        call.entries += 1
        call.inside = True
        self.write("effect", "upstream", "admitted", {"call": call.number})

    def left(self, call: Call, ending: Ending) -> None:
        call.inside = False
        self.write("effect", "upstream", "returned", {"call": call.number, "with": ending.name})
        if call.overlaps:
            self.overlaps(call)

    def succeeded(self, call: Call, result: object) -> None:
        if result is None or isinstance(result, (str, int, float, bool)):
            shown = result
        else:
            shown = type(result).__name__ if call.method.runs else _json_of(result)
        self._complete(call, "ok", {"result": shown})

    def failed(self, call: Call, error: BaseException) -> None:
        """Record that `error` surfaced: a refusal, an outcome of the function, or a cancellation."""
        self._record_failure(call, error)
        if not isinstance(error, HarnessError):
            _drop_tracebacks(error)

    def stuck(self, call: Call) -> None:
        """Complete it as blocked for ever: it waits inside the component for something that never comes."""
        self.gave_up = True
        self._complete(call, "info", {"blocked": True})

    def crashed(self, call: Call) -> None:
        """Complete it as lost with the component's power: it never comes back."""
        call.inside = False
        self._complete(call, "info", {"crashed": True})

    def blocked(self, call: Call) -> None:
        """Record, once each time, that the call waits inside the component."""
        if call.blocked_at == call.entries:
            return
        call.blocked_at = call.entries
        self.has_blocked = True
        value: dict[str, Json] = {"call": call.number}
        if call.entries:
            value["returned"] = True
        self.write("effect", "harness", "blocked", value)

    def stopped(self, call: Call, place: str, other: int | None = None) -> None:
        """Record that the harness stopped the call before a line of the subject's code, and which `other` call goes on."""
        value: dict[str, Json] = {"call": call.number, "at": place}
        if other is not None:
            value["other"] = other
        self.write("effect", "harness", "stopped", value)

    def overlaps(self, call: Call) -> None:
        """Record that what the call does from here on, and what others do, may fall in any order within this instant."""
        self.write("effect", "harness", "overlaps", {"call": call.number})

    def goes_on(self, call: Call) -> None:
        """Record that a call that was stopped runs on."""
        self.write("effect", "harness", "goes_on", {"call": call.number})

    def raising(self, kind: str, callback: str) -> Callable[[], None]:
        """Return a callback of the harness that raises, and says so in the history."""

        def called_back() -> None:
            self.write("effect", kind, f"{callback}_raised", {})
            raise ListenerFailed("a listener of the harness raised")

        return called_back

    def _record_failure(self, call: Call, error: BaseException) -> None:
        if isinstance(error, HarnessError):
            self.trouble = self.trouble or error
        cancellation = isinstance(error, Cancelled) or type(error).__name__ == "CancelledError"
        if call.cancelled and cancellation:
            self._complete(call, "info", {"cancelled": True})
            return
        thrown = call.thrown is not None and call.thrown[1] is error
        refused = not call.entries and not thrown and self._is_refusal(call, error)
        value: dict[str, Json] = {"rejected": refused, "error": type(error).__name__}
        if call.thrown is not None and thrown:
            value["at_point"] = call.thrown[0]
        if call.entries and error is not call.error:
            value["instead_of"] = "result" if call.error is None else type(call.error).__name__
        self._complete(call, "fail", value)

    def _is_refusal(self, call: Call, error: BaseException) -> bool:
        if self._rejections is None:
            return call.method.runs and isinstance(error, Exception)
        return isinstance(error, self._rejections)

    def _complete(self, call: Call, kind: str, value: dict[str, Json]) -> None:
        if call.done:
            return
        call.complete()
        if not self.closed:
            self.pending.pop(call.number, None)
            self.write(kind, call.process, call.method.name, value, call.invoked)


def _discard(*_event: object) -> int:
    return -1


def _json_of(result: object) -> Json:
    """Return a copy of a result if it is JSON, else the name of its type."""
    try:
        return msgspec.json.decode(msgspec.json.encode(result))
    except (TypeError, ValueError, RecursionError):
        return type(result).__name__


def _drop_tracebacks(error: BaseException | None) -> None:
    """Cut the circle of an error and the frames that keep it, which would be left for the garbage collector."""
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__context__
