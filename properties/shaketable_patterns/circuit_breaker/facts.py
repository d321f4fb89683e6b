"""The facts of a breaker's history: each call from its start to its end, and the records that a model is fed with."""

from __future__ import annotations

import msgspec

from shaketable.components.interface import RECOVERY_FIRST
from shaketable.history import Event, History, Json

ADMIT, REJECT, RESULT, BLOCK, STATE, STRIKE = range(6)
"""The kinds of records; STATE is one in which the breaker shows its state, STRIKE a fault at one of its fault points."""

PROBE_FIRST = RECOVERY_FIRST
"""Calls numbered from here are the harness's own probes, made after the heal."""
TAIL_FIRST = 2_000_000_000
"""Calls numbered from here are the last ones, all in flight together: only a closed breaker admits them all."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One thing that a breaker did or was told. `arg`: the outcome, or the state it shows."""

    kind: int
    at: int  # index of the event
    time_ms: int
    call: int
    arg: str = ""
    raised: bool = False  # a listener raised while this result was being recorded


class Call:
    """One call through the breaker. Fields are event indices, -1 if it did not happen."""

    __slots__ = (
        "admitted",
        "again",
        "completion",
        "invoked",
        "number",
        "outcome",
        "raised",
        "returned",
        "struck",
    )

    def __init__(self, number: int, invoked: int) -> None:
        self.number = number
        self.invoked = invoked
        self.admitted = -1
        self.again = -1  # the function was entered a second time
        self.returned = -1
        self.outcome = ""  # how the function ended: ok, fail, excluded, cancelled
        self.completion: Event | None = None
        self.raised = -1  # a listener raised while the breaker dealt with this call
        self.struck = -1  # it met a fault at a fault point


class Facts:
    """The calls and records of one breaker, read once in the order of the history."""

    __slots__ = ("_by_invoke", "_open_calls", "calls", "listener_raised", "records", "struck")

    def __init__(self, history: History) -> None:
        self.calls: dict[int, Call] = {}
        self._by_invoke: dict[int, Call] = {}
        self.records: list[Record] = []
        self.listener_raised = 0
        self.struck = -1
        """Where a fault last happened at a fault point; -1 if none did."""
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
                    self.records.append(Record(STATE, event.index, event.time_ms, -1, str(event.value)))
            elif kind in ("ok", "fail", "info"):
                self._complete(event)
            elif kind == "receipt" and "call" in event.value:
                self._strike(event)

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
        elif name == "blocked":
            number = _number(event.value)
            self._open_calls.pop(number, None)
            self.records.append(Record(BLOCK, event.index, event.time_ms, number))
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
        self.records.append(Record(ADMIT, event.index, event.time_ms, call.number))

    def _returned(self, event: Event) -> None:
        call = self.calls.get(_number(event.value))
        if call is None or call.returned >= 0:
            return
        self._ended(call, event, str(event.value["with"]))

    def _ended(self, call: Call, event: Event, outcome: str) -> None:
        call.returned, call.outcome = event.index, outcome
        self._open_calls[call.number] = len(self.records)
        self.records.append(Record(RESULT, event.index, event.time_ms, call.number, outcome))

    def _listener_raised(self, event: Event) -> None:
        self.listener_raised += 1
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
        self.records.append(Record(STRIKE, event.index, event.time_ms, -1 if call is None else call.number))

    def _complete(self, event: Event) -> None:
        call = self._by_invoke.get(event.ref)
        if call is None or call.completion is not None:
            return
        call.completion = event
        if call.admitted < 0:
            if event.kind == "fail" and refused(event):
                self.records.append(Record(REJECT, event.index, event.time_ms, call.number))
        elif call.returned < 0 and event.kind == "info" and (event.value or {}).get("cancelled"):
            self._ended(call, event, "cancelled")
        self._open_calls.pop(call.number, None)


def refused(event: Event) -> bool:
    """Tell whether this completion is the breaker's own refusal, not a listener's error that got through."""
    value = event.value or {}
    return bool(value.get("rejected")) and value.get("error") != "ListenerFailed"


def _number(value: Json) -> int:
    number = value["call"]
    if not isinstance(number, int):
        raise ValueError(f"a call is numbered, got {number!r}")
    return number


def facts_of(history: History) -> Facts:
    """Return the facts of a finished history, read once however many checkers ask."""
    return history.view(Facts)
