"""The facts of a bulkhead's history, seen from outside: what ran and may have held a permit at each moment that matters.

A call that its bulkhead let through runs until its function ends. Its permit is back at the latest when the call is
completed; in between, while a fault keeps the call at a fault point, and while the harness stops it between two lines or lets
it decide in one turn with others, it may hold one or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import COMPLETIONS, Event, History
from shaketable_patterns.bulkhead.profile import TOLERANCE_MS

T = TypeVar("T")


class Arrival(NamedTuple):
    """A call asks to be let through while `running` calls run."""

    call: CallRecord
    running: int


class Admission(NamedTuple):
    """A function is entered; `entries` are the events with which the calls that now run were let through, this one last."""

    call: CallRecord
    entries: tuple[int, ...]


class Rejection(NamedTuple):
    """A call is rejected while at most `held` permits are held by the calls that were let through with `entries`.

    At most `waiting` others wait then; `cause` is what another call did just before, in the same instant, None if nothing.
    """

    call: CallRecord
    event: Event
    held: int
    entries: tuple[int, ...]
    waiting: int
    cause: Event | None

    @property
    def waited_ms(self) -> int:
        return self.event.time_ms - self.call.invoked.time_ms

    @property
    def from_the_queue(self) -> bool:
        """True if it was seen to wait before."""
        return self.call.waited(self.event)


class Idle(NamedTuple):
    """Time passes while `calls` wait, and surely no more than `held` permits are held; `last` is what happened before."""

    calls: tuple[CallRecord, ...]
    held: int
    last: Event


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
        self.waits: list[Idle] = []
        self.steady = True
        """False once a fault, a stop or an overlap may have kept a call from being served in time."""
        calls = history.view(CallFacts).calls
        self.tail: tuple[CallRecord, ...] = tuple(call for call in calls.values() if call.is_recovery)
        self._by_process = {call.invoked.process: call for call in calls.values()}
        self._running: dict[int, int] = {}  # call: the event with which it was let through
        self._held: dict[int, int] = {}
        self._asking: set[int] = set()  # not let through and not completed
        self._unsure: set[int] = set()  # may hold a permit or not: met a fault, was stopped, overlaps
        self._undated: set[int] = set()  # of these those that may have been rejected before it is seen
        self._released: list[tuple[int, int]] = []  # (time_ms, held before)
        self._left: list[tuple[int, frozenset[int]]] = []  # (time_ms, asking before)
        self._last: Event | None = None
        self._deed: Event | None = None  # the last thing that a call or its caller did
        for event in history.events:
            self._pass_time(event)
            self._take(event)
            if event.process in self._by_process or event.name == "returned":
                self._deed = event
            self._last = event

    def _pass_time(self, event: Event) -> None:
        """Note who waits if time has passed since the last event: then everything that could run has run."""
        last = self._last
        if last is None or event.time_ms <= last.time_ms + TOLERANCE_MS or self._unsure:
            return
        waiting = [self._by_process[f"call-{number}"] for number in sorted(self._asking)]
        seen = tuple(call for call in waiting if call.waited(event))
        if seen and not any(call.is_recovery for call in waiting):
            self.waits.append(Idle(seen, self._most_held, last))

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
            self.steady = False
            self._unsure.add(event.value["call"])
            self._undated.add(event.value["call"])
        elif event.kind == "receipt" and isinstance(event.value.get("call"), int):
            self.steady = False
            self._unsure.add(event.value["call"])
        elif event.kind == "state" and event.process == "bulkhead" and event.name == "state":
            self._show(event)

    def _passed(self, event: Event, number: int) -> None:
        if event.name == "returned":
            self._running.pop(number, None)
            return
        self._running[number] = self._held[number] = event.index
        self._leave_queue(number, event)
        call = self._by_process[f"call-{number}"]
        self.admissions.append(Admission(call, tuple(self._running.values())))

    def _complete(self, event: Event, call: CallRecord) -> None:
        number = call.number
        before = self._most_held
        self._leave_queue(number, event)
        self._unsure.discard(number)
        self._running.pop(number, None)
        self._held.pop(number, None)
        if call.refused and not call.entered:
            undated = number in self._undated
            since_ms = call.invoked.time_ms if undated else event.time_ms - TOLERANCE_MS
            waited = undated or event.time_ms > call.invoked.time_ms
            held = max([self._most_held, *(_before(self._released, since_ms) if waited else ())])
            others = (before - {number} for before in _before(self._left, since_ms))
            waiting = max([len(self._asking), *map(len, others)])
            entries = tuple(self._held.values())
            self.rejections.append(Rejection(call, event, held, entries, waiting, self._cause(event, call)))
        elif self._most_held < before:
            self._released.append((event.time_ms, before))

    @property
    def _most_held(self) -> int:
        return len(self._held) + len(self._unsure - self._held.keys())

    def _leave_queue(self, number: int, event: Event) -> None:
        if number in self._asking:
            seen = frozenset(one for one in self._asking if self._by_process[f"call-{one}"].waited(event))
            self._left.append((event.time_ms, seen))
            self._asking.remove(number)

    def _cause(self, event: Event, call: CallRecord) -> Event | None:
        deed = self._deed
        if deed is None or deed.time_ms < event.time_ms:
            return None
        doer = deed.value["call"] if deed.name == "returned" else self._by_process[deed.process].number
        return None if doer == call.number else deed

    def _show(self, event: Event) -> None:
        asking = len(self._asking)
        least_queued = len(self._asking - self._unsure)
        self.shown.append(Shown(event, (len(self._running), self._most_held), (least_queued, asking)))


def _before(changes: Sequence[tuple[int, T]], time_ms: int) -> Iterator[T]:
    """Yield what was before each change from this instant on."""
    for at_ms, before in reversed(changes):
        if at_ms < time_ms:
            return
        yield before


def facts_of(history: History) -> BulkheadFacts:
    """Return the facts of a finished history, read once however many checkers ask."""
    return history.view(BulkheadFacts)
