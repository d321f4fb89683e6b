"""The facts of a breaker's history: each call from its start to its end, and the records that a model is fed with."""

from __future__ import annotations

import msgspec

from shaketable.components.calls.odd_endings import ABORT, EXCLUDED_FALSY, FAIL_FALSY, FALSY_RESULTS, GROUP
from shaketable.components.interface.adapter import ListenerFailed
from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.history import Event, History, Json

ADMIT, REJECT, RESULT, BLOCK, STATE, END, STRIKE = range(7)
"""The kinds of records.

BLOCK: a call waits inside the breaker, before its function or after it. END: such a call is answered. STATE: the breaker
shows its state. STRIKE: a fault happened at one of its fault points.
"""

ANSWERED = "answered"
"""The `arg` of a REJECT whose caller got a value: a refusal only if the profile says so."""

OTHER = "other"
"""The outcome of a function that raised what the profile names neither as counted nor as excluded."""
OUTCOMES = {
    **{ending.name: "ok" for ending in FALSY_RESULTS},
    FAIL_FALSY.name: "fail",
    EXCLUDED_FALSY.name: "excluded",
    ABORT.name: OTHER,
    GROUP.name: OTHER,
}
"""The outcome that each odd ending is."""
NONE = "none"
"""The `arg` of a RESULT whose function returned None: an ok, unless the profile says otherwise."""
FALSY = {ending.name: ending.result for ending in FALSY_RESULTS}

_NOTHING = next(ending.name for ending in FALSY_RESULTS if ending.result is None)
_NEVER = 1 << 60

PROBE_FIRST = RECOVERY_FIRST
"""Calls numbered from here are the harness's own probes, made after the heal."""
TAIL_FIRST = 2_000_000_000
"""Calls numbered from here are the last ones, all in flight together: only a closed breaker admits them all."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One thing that a breaker did or was told. `arg`: the outcome, or the state it shows; of a BLOCK, how it waits."""

    kind: int
    at: int  # index of the event
    time_ms: int
    call: int
    arg: str = ""
    raised: bool = False  # a listener raised while this result was being recorded
    recorded_later: bool = (
        False  # the call waits in the breaker after its function, so this result may count later
    )
    wall_ms: int = 0  # the time of the wall clock, counted from the same instant


class Call:
    """One call through the breaker. Fields are event indices, -1 if it did not happen."""

    __slots__ = (
        "admitted",
        "again",
        "completion",
        "ending",
        "invoked",
        "number",
        "outcome",
        "raised",
        "result",
        "returned",
        "struck",
        "waited",
    )

    def __init__(self, number: int, invoked: int) -> None:
        self.number = number
        self.invoked = invoked
        self.admitted = -1
        self.again = -1  # the function was entered a second time
        self.returned = -1
        self.outcome = ""  # what the function came to: ok, fail, excluded, cancelled, other
        self.ending = ""  # the name of the ending of the function
        self.completion: Event | None = None
        self.waited = False  # it was seen waiting inside the breaker
        self.result = -1  # position of its RESULT in the records
        self.raised = -1  # a listener raised while the breaker dealt with this call
        self.struck = -1  # it met a fault at a fault point


class Facts:
    """The calls and records of one breaker, read once in the order of the history."""

    __slots__ = (
        "_by_invoke",
        "_open_calls",
        "_raised_last",
        "_wall_offset_ms",
        "calls",
        "clock_steps",
        "listener_raised",
        "records",
        "stops",
        "struck",
    )

    def __init__(self, history: History) -> None:
        self.calls: dict[int, Call] = {}
        self._by_invoke: dict[int, Call] = {}
        self.records: list[Record] = []
        self.listener_raised = 0
        self.clock_steps = 0
        self.stops: dict[int, tuple[int, int]] = {}
        """Calls that the harness stopped between two lines: the events between which they stood there."""
        self._wall_offset_ms = 0
        self.struck = -1
        """Where a fault last happened at a fault point; -1 if none did."""
        self._raised_last = -1
        self._open_calls: dict[int, int] = {}
        """Calls that are being entered or recorded, each with the position of its result in `records`, or -1."""
        for event in history.events:
            kind = event.kind
            if kind == "effect":
                self._effect(event)
            elif kind == "invoke":
                self._invoke(event)
            elif kind == "state":
                if event.name == "state" and event.process == "breaker":
                    self._add(STATE, event, -1, str(event.value))
            elif kind == "fault":
                if event.name == "clock_step":
                    self.clock_steps += 1
                    self._wall_offset_ms += int(event.value["delta_ms"])
            elif kind in ("ok", "fail", "info"):
                self._complete(event)
            elif kind == "receipt" and "call" in event.value:
                self._strike(event)

    def may_have_opened(self, call: Call) -> bool:
        """Tell whether nothing contradicts that the result of this call opened the breaker."""
        shown = (r.arg for r in self.records[call.result + 1 :] if r.kind == STATE)
        return next(shown, "open") == "open"

    def _add(self, kind: int, event: Event, call: int, arg: str = "") -> None:
        wall_ms = event.time_ms + self._wall_offset_ms
        self.records.append(Record(kind, event.index, event.time_ms, call, arg, wall_ms=wall_ms))

    def _invoke(self, event: Event) -> None:
        number = _number(event.value)
        call = Call(number, event.index)
        self.calls[number] = self._by_invoke[event.index] = call
        self._open_calls[number] = -1

    def _effect(self, event: Event) -> None:
        name = event.name
        if name == "admitted":
            self._admitted(event)
        elif name == "returned":
            self._returned(event)
        elif name in ("blocked", "stopped", "overlaps"):
            self._waits(event)
        elif name == "goes_on":
            number = _number(event.value)
            if number in self.stops:
                self.stops[number] = (self.stops[number][0], event.index)
        elif name == "listener_raised":
            self._listener_raised(event)

    def _admitted(self, event: Event) -> None:
        call = self.calls.get(_number(event.value))
        if call is None:
            return
        if call.admitted >= 0:
            call.again = event.index
            return
        call.admitted = event.index
        self._open_calls.pop(call.number, None)
        self._add(ADMIT, event, call.number)

    def _returned(self, event: Event) -> None:
        call = self.calls.get(_number(event.value))
        if call is None or call.returned >= 0:
            return
        call.ending = str(event.value["with"])
        outcome = OUTCOMES.get(call.ending, call.ending)
        self._ended(call, event, outcome, NONE if call.ending == _NOTHING else outcome)

    def _ended(self, call: Call, event: Event, outcome: str, told: str) -> None:
        call.returned, call.outcome = event.index, outcome
        self._open_calls[call.number] = call.result = len(self.records)
        self._add(RESULT, event, call.number, told)

    def _waits(self, event: Event) -> None:
        """Take in that a call waits in the breaker, or that what it does falls in any order with what others do."""
        call = self.calls.get(_number(event.value))
        if call is None:
            return
        call.waited = True
        if event.name == "stopped":
            self.stops[call.number] = (event.index, _NEVER)
        if call.result >= 0:
            self.records[call.result] = msgspec.structs.replace(
                self.records[call.result], recorded_later=True
            )
        elif event.name != "overlaps":  # which does not keep it from being entered at once
            self._open_calls.pop(call.number, None)
        self._add(BLOCK, event, call.number, event.name)

    def _listener_raised(self, event: Event) -> None:
        self.listener_raised += 1
        self._raised_last = event.index
        for number, place in self._open_calls.items():
            self.calls[number].raised = event.index
            if place >= 0:
                self.records[place] = msgspec.structs.replace(self.records[place], raised=True)

    def _strike(self, event: Event) -> None:
        number = event.value["call"]  # None beside the calls
        call = self.calls.get(number)
        if call is not None:
            call.struck = event.index
        self.struck = event.index
        self._add(STRIKE, event, -1 if call is None else call.number)

    def _complete(self, event: Event) -> None:
        call = self._by_invoke.get(event.ref)
        if call is None or call.completion is not None:
            return
        call.completion = event
        if call.raised < 0 and self._raised_last > call.invoked and _is_of_listener(event):
            call.raised = self._raised_last  # it stood, or waited, and went on before a listener raised
        if call.admitted < 0:
            if event.kind == "ok":
                self._add(REJECT, event, call.number, ANSWERED)
            elif event.kind == "fail" and refused(call):
                self._add(REJECT, event, call.number)
        elif call.returned < 0 and event.kind == "info" and (event.value or {}).get("cancelled"):
            self._ended(call, event, "cancelled", "cancelled")
        elif call.outcome == "cancelled" and event.kind == "fail" and call.result >= 0:
            given_up = msgspec.structs.replace(self.records[call.result], arg="timeout")
            self.records[call.result] = given_up
        if call.waited:
            self._add(END, event, call.number)
        self._open_calls.pop(call.number, None)


def _is_of_listener(completion: Event) -> bool:
    value: Json = completion.value or {}
    return completion.kind == "fail" and bool(value.get("error") == ListenerFailed.__name__)


def refused(call: Call) -> bool:
    """Tell whether this call ended as the breaker's own refusal, not with the error of a listener that got through."""
    value: Json = (call.completion.value if call.completion is not None else None) or {}
    by_listener = call.raised >= 0 and value.get("error") == ListenerFailed.__name__
    return bool(value.get("rejected")) and not by_listener


def _number(value: Json) -> int:
    number = value["call"]
    if not isinstance(number, int):
        raise ValueError(f"a call is numbered, got {number!r}")
    return number


def facts_of(history: History) -> Facts:
    """Return the facts of a finished history, read once however many checkers ask."""
    return history.view(Facts)
