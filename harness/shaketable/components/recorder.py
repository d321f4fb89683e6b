"""Writes what calls do, in the event vocabulary of components, and sees to exactly one completion a call."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.components.adapter import Cancelled
from shaketable.components.call import Flight, Leaving
from shaketable.components.clock import VirtualClock
from shaketable.errors import HarnessError
from shaketable.history import Json

Record = Callable[..., int]


class Journal:
    """The only writer of a component's history. Closed, it ignores everything: the run is over."""

    __slots__ = ("_clock", "_record", "_rejections", "closed", "gave_up", "pending", "trouble")

    def __init__(
        self, record: Record, clock: VirtualClock, rejections: tuple[type[BaseException], ...] | None
    ) -> None:
        self._record = record
        self._clock = clock
        self._rejections = rejections
        self.closed = False
        self.pending: dict[int, Flight] = {}
        self.gave_up = False  # on a call that will not end
        self.trouble: HarnessError | None = None

    def write(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        if self.closed:
            return -1
        return self._record(self._clock.elapsed_ms, kind, process, name, value, ref)

    def close(self) -> None:
        """From now on nothing is written; the history is let go, whoever still keeps this journal."""
        self.closed = True
        self._record = _nowhere

    def started(self, flight: Flight) -> None:
        self.pending[flight.number] = flight
        flight.invoked = self.write("invoke", flight.process, "call", {"call": flight.number})

    def entered(self, flight: Flight) -> None:
        flight.entries += 1
        flight.inside = True
        self.write("effect", "upstream", "admitted", {"call": flight.number})

    def left(self, flight: Flight, leaving: Leaving) -> None:
        flight.inside = False
        self.write("effect", "upstream", "returned", {"call": flight.number, "with": leaving})

    def succeeded(self, flight: Flight, result: object) -> None:
        shown = (
            result if result is None or isinstance(result, (str, int, float, bool)) else type(result).__name__
        )
        self._complete(flight, "ok", {"result": shown})

    def failed(self, flight: Flight, error: BaseException) -> None:
        self._note(flight, error)
        if not isinstance(error, HarnessError):
            _let_go(error)

    def _note(self, flight: Flight, error: BaseException) -> None:
        if isinstance(error, HarnessError):
            self.trouble = self.trouble or error
        cancellation = isinstance(error, Cancelled) or type(error).__name__ == "CancelledError"
        if flight.cancelled and cancellation:
            self._complete(flight, "info", {"cancelled": True})
            return
        refused = not flight.entries and self._is_refusal(error)
        value: dict[str, Json] = {"rejected": refused, "error": type(error).__name__}
        if flight.entries and error is not flight.error:
            value["instead_of"] = "result" if flight.error is None else type(flight.error).__name__
        self._complete(flight, "fail", value)

    def stuck(self, flight: Flight) -> None:
        """It will not end: it waits inside the component for something that never comes."""
        self.gave_up = True
        self._complete(flight, "info", {"blocked": True})

    def blocked(self, flight: Flight) -> None:
        """Say, once each time, that the call waits inside the component."""
        if flight.blocked_at == flight.entries:
            return
        flight.blocked_at = flight.entries
        value: dict[str, Json] = {"call": flight.number}
        if flight.entries:
            value["returned"] = True
        self.write("effect", "harness", "blocked", value)

    def _is_refusal(self, error: BaseException) -> bool:
        if self._rejections is None:
            return isinstance(error, Exception)
        return isinstance(error, self._rejections)

    def _complete(self, flight: Flight, kind: str, value: dict[str, Json]) -> None:
        if flight.done:
            return
        flight.end()
        if not self.closed:
            self.pending.pop(flight.number, None)
            self.write(kind, flight.process, "call", value, flight.invoked)


def _nowhere(*_event: object) -> int:
    return -1


def _let_go(error: BaseException | None) -> None:
    """Frames that keep an error which knows them by its traceback would be left for the garbage collector."""
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__context__
