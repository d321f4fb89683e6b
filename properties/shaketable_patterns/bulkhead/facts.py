"""The facts of a bulkhead's history, seen from outside: what ran and may have held a permit at each moment that matters.

A call that its bulkhead let through runs until its function ends. Its permit is back at the latest when the call is
completed; in between, while a fault keeps the call at a fault point, and while the harness stops it between two lines or lets
it decide in one turn with others, it may hold one or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import COMPLETIONS, Event, History
from shaketable_patterns.bulkhead.profile import TOLERANCE_MS


class Arrival(NamedTuple):
    """A call asks to be let through while `running` calls run."""

    call: CallRecord
    running: int


class Admission(NamedTuple):
    """A function is entered; `entries` are the events with which the calls that now run were let through, this one last."""

    call: CallRecord
    entries: tuple[int, ...]


class Rejection(NamedTuple):
    """A call is rejected while at most `held` permits are held by the calls that were let through with `entries`."""

    call: CallRecord
    event: Event
    held: int
    entries: tuple[int, ...]

    @property
    def waited_ms(self) -> int:
        return self.event.time_ms - self.call.invoked.time_ms


class Shown(NamedTuple):
    """The bulkhead shows its counts; `running`, `held` and `queued` are the least and the most that is true."""

    event: Event
    running: tuple[int, int]
    queued: tuple[int, int]

    @property
    def between(self) -> int:
        """How many calls may hold a permit without running, or run no more and hold it still."""
        return self.running[1] - self.running[0]


class BulkheadFacts:
    """The moments of one bulkhead, read once in the order of the history; `tail` are the calls of the recovery."""

    def __init__(self, history: History) -> None:
        self.arrivals: list[Arrival] = []
        self.admissions: list[Admission] = []
        self.rejections: list[Rejection] = []
        self.shown: list[Shown] = []
        calls = history.view(CallFacts).calls
        self.tail: tuple[CallRecord, ...] = tuple(call for call in calls.values() if call.is_recovery)
        self._by_process = {call.invoked.process: call for call in calls.values()}
        self._running: dict[int, int] = {}  # call: the event with which it was let through
        self._held: dict[int, int] = {}
        self._asking: set[int] = set()  # not let through and not completed
        self._unsure: set[int] = set()  # may hold a permit or not: met a fault, was stopped, overlaps
        self._undated: set[int] = set()  # of these those that may have been rejected before it is seen
        self._released: list[tuple[int, int]] = []  # (time_ms, held before)
        for event in history.events:
            self._take(event)

    def _take(self, event: Event) -> None:
        call = self._by_process.get(event.process)
        if event.kind == "invoke" and call is not None:
            self.arrivals.append(Arrival(call, len(self._running)))
            self._asking.add(call.number)
        elif event.kind in COMPLETIONS and call is not None:
            self._complete(event, call)
        elif event.kind == "effect" and event.name in ("admitted", "returned"):
            self._passed(event, event.value["call"])
        elif event.kind == "effect" and event.name in ("stopped", "overlaps"):
            self._unsure.add(event.value["call"])
            self._undated.add(event.value["call"])
        elif event.kind == "receipt" and isinstance(event.value.get("call"), int):
            self._unsure.add(event.value["call"])
        elif event.kind == "state" and event.process == "bulkhead" and event.name == "state":
            self._show(event)

    def _passed(self, event: Event, number: int) -> None:
        if event.name == "returned":
            self._running.pop(number, None)
            return
        self._running[number] = self._held[number] = event.index
        self._asking.discard(number)
        call = self._by_process[f"call-{number}"]
        self.admissions.append(Admission(call, tuple(self._running.values())))

    def _complete(self, event: Event, call: CallRecord) -> None:
        number = call.number
        before = self._most_held
        self._asking.discard(number)
        self._unsure.discard(number)
        self._running.pop(number, None)
        self._held.pop(number, None)
        if call.refused and not call.entered:
            undated = number in self._undated
            since_ms = call.invoked.time_ms if undated else event.time_ms - TOLERANCE_MS
            waited = undated or event.time_ms > call.invoked.time_ms
            held = max([self._most_held, *(self._held_since(since_ms) if waited else ())])
            self.rejections.append(Rejection(call, event, held, tuple(self._held.values())))
        elif self._most_held < before:
            self._released.append((event.time_ms, before))

    @property
    def _most_held(self) -> int:
        return len(self._held) + len(self._unsure - self._held.keys())

    def _held_since(self, time_ms: int) -> Iterator[int]:
        """Yield what was held before each permit that came back from this instant on."""
        for at_ms, held in reversed(self._released):
            if at_ms < time_ms:
                return
            yield held

    def _show(self, event: Event) -> None:
        asking = len(self._asking)
        least_queued = len(self._asking - self._unsure)
        self.shown.append(Shown(event, (len(self._running), self._most_held), (least_queued, asking)))


def facts_of(history: History) -> BulkheadFacts:
    """Return the facts of a finished history, read once however many checkers ask."""
    return history.view(BulkheadFacts)
