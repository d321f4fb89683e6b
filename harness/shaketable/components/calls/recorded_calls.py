"""The calls of a component, read out of a history once for all checkers of a kind: `history.view(CallFacts)`."""

from __future__ import annotations

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.history import COMPLETIONS, Event, History, Json


class CallRecord:
    """One call from its start to its completion; an event that did not happen is None.

    `entered` are the times that its function was entered, `returned` the first time that it ended, `blocked` the times
    that the call was seen waiting inside the component, `faults` the receipts of faults at its fault points.
    """

    __slots__ = ("blocked", "completion", "entered", "faults", "invoked", "number", "returned")

    def __init__(self, number: int, invoked: Event) -> None:
        self.number = number
        self.invoked = invoked
        self.entered: list[Event] = []
        self.returned: Event | None = None
        self.completion: Event | None = None
        self.blocked: list[Event] = []
        self.faults: list[Event] = []

    @property
    def method(self) -> str:
        return self.invoked.name

    @property
    def arguments(self) -> dict[str, Json]:
        return {name: value for name, value in self.invoked.value.items() if name != "call"}

    @property
    def is_recovery(self) -> bool:
        """True for a call that the harness made after the heal."""
        return self.number >= RECOVERY_FIRST

    @property
    def ending(self) -> str:
        """The name of the ending of its function; "" if that never ended."""
        return "" if self.returned is None else str(self.returned.value["with"])

    def waited(self, until: Event) -> bool:
        """Tell whether it was seen waiting inside the component before an event."""
        return bool(self.blocked) and self.blocked[0].index < until.index

    @property
    def refused(self) -> bool:
        """True if the component refused it."""
        done = self.completion
        return done is not None and done.kind == "fail" and bool(done.value.get("rejected"))

    @property
    def lost(self) -> bool:
        """True if it ended with the component's power."""
        done = self.completion
        return done is not None and done.kind == "info" and "crashed" in (done.value or {})

    @property
    def result(self) -> Json:
        """The result that its caller got; None unless it ended ok."""
        done = self.completion
        return done.value["result"] if done is not None and done.kind == "ok" else None


class CallFacts:
    """Every call by its number, in the order in which they started."""

    __slots__ = ("calls",)

    def __init__(self, history: History) -> None:
        self.calls: dict[int, CallRecord] = {}
        by_invocation: dict[int, CallRecord] = {}
        for event in history.events:
            if event.kind == "invoke":
                call = CallRecord(event.value["call"], event)
                self.calls[call.number] = by_invocation[event.index] = call
            elif event.kind in COMPLETIONS and event.ref in by_invocation:
                by_invocation[event.ref].completion = event
            elif event.kind in ("effect", "receipt") and isinstance(event.value, dict):
                self._add(event, self.calls.get(event.value.get("call", -1)))

    def _add(self, event: Event, call: CallRecord | None) -> None:
        if call is None:
            return
        if event.kind == "receipt":
            call.faults.append(event)
        elif event.name == "admitted":
            call.entered.append(event)
        elif event.name == "returned":
            call.returned = call.returned or event
        elif event.name == "blocked":
            call.blocked.append(event)
